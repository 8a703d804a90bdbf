with records as (
    {{ current_records('partnerstack', 'reward', stamp='_as_of', key='reward_key') | indent(4) }}
),

final as (
    select
        -- keys
        records.reward_key,
        records.partner_key,
        records.deal_key,
        -- attributes
        records.status,
        -- money and dates
        {{ exported_minor_units('records.amount_minor') }} as amount,
        upper(trim(records.currency)) as currency_iso_code,
        {{ exported_instant('records.paid_at') }} as paid_at,
        {{ reporting_day(exported_instant('records.paid_at')) }} as paid_date,
        -- life
        {{ exported_instant('records.created_at') }} as created_at,
        {{ reporting_day(exported_instant('records.created_at')) }} as created_date,
        records._as_of as exported_at
    from records
)

select * from final
