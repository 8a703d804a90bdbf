with records as (
    {{ current_records('salesforce', 'lead') | indent(4) }}
),

final as (
    select
        -- keys
        records.id as lead_id,
        records.partner_account_id,
        records.converted_opportunity_id,
        -- attributes
        records.name as lead_name,
        coalesce(records.is_test, false) as is_test,
        coalesce(records.is_converted, false) as is_converted,
        records.converted_date,
        records.accepted_at,
        records.status,
        records.owner_id,
        -- life
        records.created_date as created_at,
        {{ reporting_day('records.created_date') }} as created_date,
        coalesce(records.is_deleted, false) or coalesce(records._is_deleted, false) as is_deleted
    from records
)

select * from final
