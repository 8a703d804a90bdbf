with records as (
    {{ current_records('impartner', 'partner', stamp='_as_of', key='prm_partner_id') | indent(4) }}
),

final as (
    select
        -- keys
        records.prm_partner_id,
        records.parent_prm_partner_id,
        records.crm_id,
        records.tier_id,
        -- attributes
        records.name as partner_name,
        records.website,
        records.country_code,
        records.tier as tier_name,
        records.status,
        {{ exported_boolean('records.is_active') }} as is_active,
        coalesce({{ exported_boolean('records.is_test') }}, false) as is_test,
        {{ exported_date('records.agreement_signed') }} as agreement_signed_date,
        {{ exported_date('records.agreement_expires') }} as agreement_expires_date,
        -- life
        {{ exported_instant('records.created_at') }} as created_at,
        {{ exported_instant('records.updated_at') }} as updated_at,
        {{ reporting_day(exported_instant('records.updated_at')) }} as updated_date,
        records._as_of as exported_at
    from records
)

select * from final
