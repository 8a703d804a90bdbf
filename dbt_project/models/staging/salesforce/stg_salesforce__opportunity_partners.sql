with records as (
    {{ current_records('salesforce', 'opportunity_partner') | indent(4) }}
),

final as (
    select
        -- keys
        records.id as opportunity_partner_id,
        records.opportunity_id,
        records.account_to_id as account_id,
        -- attributes
        records.role,
        coalesce(records.is_primary, false) as is_primary,
        -- life
        records.created_date as created_at,
        {{ reporting_day('records.created_date') }} as created_date,
        coalesce(records.is_deleted, false) or coalesce(records._is_deleted, false) as is_deleted
    from records
)

select * from final
