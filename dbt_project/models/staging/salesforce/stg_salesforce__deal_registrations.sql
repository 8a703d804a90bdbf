with records as (
    {{ current_records('salesforce', 'deal_registration') | indent(4) }}
),

final as (
    select
        -- keys
        records.id as deal_registration_id,
        records.partner_account_id,
        records.opportunity_id,
        -- attributes
        records.name as registration_name,
        records.customer_name,
        records.form,
        records.status,
        records.submitted_at,
        {{ reporting_day('records.submitted_at') }} as submitted_date,
        records.decided_at,
        {{ reporting_day('records.decided_at') }} as decided_date,
        records.approved_at,
        {{ reporting_day('records.approved_at') }} as approved_date,
        records.ended_at,
        {{ reporting_day('records.ended_at') }} as ended_date,
        records.protection_end_date,
        -- money
        records.amount,
        records.currency_iso_code,
        records.expected_close_date,
        -- life
        records.created_date as created_at,
        {{ reporting_day('records.created_date') }} as created_date,
        coalesce(records.is_deleted, false) or coalesce(records._is_deleted, false) as is_deleted
    from records
)

select * from final
