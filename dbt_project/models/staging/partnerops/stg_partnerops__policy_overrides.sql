with overrides as (
    select
        policy.name,
        policy.value,
        policy.author,
        policy.reason,
        policy.valid_from,
        {{ reporting_day('policy.valid_from') }} as valid_from_date,
        row_number() over (
            partition by policy.name, policy.valid_from
            order by policy._committed_at desc nulls last, policy._batch_id desc nulls last
        ) as _version_from_newest
    from {{ source('partnerops', 'policy') }} as policy
),

final as (
    select
        overrides.name,
        overrides.value,
        overrides.author,
        overrides.reason,
        overrides.valid_from,
        overrides.valid_from_date
    from overrides
    where overrides._version_from_newest = 1
)

select * from final
