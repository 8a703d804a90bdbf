with records as (
    {{ current_records('salesforce', 'partner_marketing_budget') | indent(4) }}
),

final as (
    select
        -- keys
        records.id as mdf_budget_id,
        records.channel_partner_id as partner_account_id,
        -- attributes
        records.title as budget_title,
        -- money and dates
        records.amount,
        records.currency_iso_code,
        records.start_date,
        records.end_date,
        -- life
        records.created_date as created_at,
        {{ reporting_day('records.created_date') }} as created_date,
        coalesce(records.is_deleted, false) or coalesce(records._is_deleted, false) as is_deleted
    from records
)

select * from final
