with records as (
    {{ current_records('salesforce', 'partner_fund_request') | indent(4) }}
),

final as (
    select
        -- keys
        records.id as mdf_request_id,
        records.budget_id as mdf_budget_id,
        records.channel_partner_id as partner_account_id,
        records.campaign_id,
        -- attributes
        records.title as request_title,
        records.activity,
        records.status,
        -- money and dates
        records.requested_amount,
        records.amount as granted_amount,
        records.currency_iso_code,
        records.submitted_at,
        {{ reporting_day('records.submitted_at') }} as submitted_date,
        records.decided_at,
        {{ reporting_day('records.decided_at') }} as decided_date,
        records.activity_end_date,
        -- life
        records.created_date as created_at,
        {{ reporting_day('records.created_date') }} as created_date,
        coalesce(records.is_deleted, false) or coalesce(records._is_deleted, false) as is_deleted
    from records
)

select * from final
