with records as (
    {{ current_records('partnerstack', 'deal', stamp='_as_of', key='deal_key') | indent(4) }}
),

final as (
    select
        -- keys
        records.deal_key,
        {{ id18('trim(records.external_key)') }} as salesforce_registration_id,
        records.partner_key,
        -- attributes
        records.account_name as customer_name,
        records.stage,
        records.lost_reason,
        records.partner_email,
        coalesce({{ exported_boolean('records.is_test') }}, false) as is_test,
        -- money and dates
        {{ exported_minor_units('records.amount_minor') }} as amount,
        upper(trim(records.currency)) as currency_iso_code,
        {{ exported_date('records.close_date') }} as expected_close_date,
        -- life
        {{ exported_instant('records.created_at') }} as created_at,
        {{ exported_instant('records.updated_at') }} as updated_at,
        {{ reporting_day(exported_instant('records.updated_at')) }} as updated_date,
        records._as_of as exported_at
    from records
)

select * from final
