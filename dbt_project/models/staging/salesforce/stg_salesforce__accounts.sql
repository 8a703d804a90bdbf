with records as (
    {{ current_records('salesforce', 'account') | indent(4) }}
),

final as (
    select
        -- keys
        records.id as account_id,
        records.master_record_id,
        records.parent_id as parent_account_id,
        records.owner_id,
        records.partner_manager_id,
        -- attributes
        records.name as account_name,
        records.type as account_type,
        records.website,
        records.industry,
        records.billing_country_code as country_code,
        coalesce(records.is_test, false) as is_test,
        -- partner attributes
        records.is_partner,
        records.partner_type,
        records.partner_tier,
        records.partner_status,
        records.partner_signed_date,
        records.partner_onboarded_date,
        -- life
        records.created_date as created_at,
        {{ reporting_day('records.created_date') }} as created_date,
        coalesce(records.is_deleted, false) or coalesce(records._is_deleted, false) as is_deleted
    from records
)

select * from final
