with records as (
    {{ current_records('salesforce', 'task') | indent(4) }}
),

final as (
    select
        -- keys
        records.id as task_id,
        records.what_id as opportunity_id,
        records.who_id,
        records.partner_account_id,
        -- attributes
        records.activity_date,
        -- life
        coalesce(records.is_deleted, false) or coalesce(records._is_deleted, false) as is_deleted
    from records
)

select * from final
