with records as (
    {{ current_records('salesforce', 'opportunity') | indent(4) }}
),

final as (
    select
        -- keys
        records.id as opportunity_id,
        records.account_id,
        records.owner_id,
        records.contact_id,
        records.contract_id,
        records.partner_account_id,
        records.fulfillment_partner_id,
        -- attributes
        records.name as opportunity_name,
        records.stage_name,
        records.type as source_type,
        records.lead_source,
        coalesce(records.is_test, false) as is_test,
        -- money and dates
        records.amount,
        records.currency_iso_code,
        records.close_date,
        records.prior_contract_end as prior_contract_end_date,
        -- life
        records.created_date as created_at,
        {{ reporting_day('records.created_date') }} as created_date,
        coalesce(records.is_deleted, false) or coalesce(records._is_deleted, false) as is_deleted
    from records
)

select * from final
