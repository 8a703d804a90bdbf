with records as (
    {{ current_records('salesforce', 'org_identity', stamp=none, key='organization_id') | indent(4) }}
),

-- A warehouse holds one org. Should the identity ever have been written twice, the last commit speaks.
numbered as (
    select
        records.*,
        row_number() over (order by records._committed_at desc nulls last, records.organization_id) as place
    from records
),

final as (
    select
        numbered.organization_id,
        numbered.lightning_host,
        coalesce(numbered.is_sandbox, false) as is_sandbox
    from numbered
    where numbered.place = 1
)

select * from final
