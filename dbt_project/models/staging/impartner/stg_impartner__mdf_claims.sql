with records as (
    {{ current_records('impartner', 'mdf_claim', stamp='_as_of', key='prm_claim_id') | indent(4) }}
),

final as (
    select
        -- keys
        records.prm_claim_id,
        {{ id18('trim(records.crm_claim_id)') }} as salesforce_claim_id,
        {{ id18('trim(records.crm_request_id)') }} as salesforce_request_id,
        records.prm_partner_id,
        -- attributes
        records.partner_name,
        records.status,
        -- money and dates
        {{ exported_number('records.claimed_amount', 2) }} as claimed_amount,
        {{ exported_number('records.approved_amount', 2) }} as approved_amount,
        {{ exported_number('records.paid_amount', 2) }} as paid_amount,
        upper(trim(records.currency)) as currency_iso_code,
        {{ exported_date('records.submitted_on') }} as submitted_date,
        {{ exported_date('records.decided_on') }} as decided_date,
        {{ exported_date('records.paid_on') }} as paid_date,
        -- life
        records._as_of as exported_at
    from records
)

select * from final
