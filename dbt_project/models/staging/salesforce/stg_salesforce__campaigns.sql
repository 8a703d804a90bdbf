with records as (
    {{ current_records('salesforce', 'campaign') | indent(4) }}
),

final as (
    select
        -- keys
        records.id as campaign_id,
        records.partner_account_id,
        -- attributes
        records.name as campaign_name,
        -- life
        coalesce(records.is_deleted, false) or coalesce(records._is_deleted, false) as is_deleted
    from records
)

select * from final
