with records as (
    {{ current_records('salesforce', 'contract') | indent(4) }}
),

final as (
    select
        -- keys
        records.id as contract_id,
        records.account_id,
        -- attributes
        records.end_date as contract_end_date,
        -- life
        coalesce(records.is_deleted, false) or coalesce(records._is_deleted, false) as is_deleted
    from records
)

select * from final
