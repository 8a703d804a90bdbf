with unpaid as (
    select
        claims.*,
        partners.partner_name,
        amounts.claimed_amount_corporate,
        {{ days_between('claims.submitted_date', as_of()) }} as days_passed
    from {{ ref('fct_mdf_claims') }} as claims
    inner join {{ ref('gap_claim_amounts') }} as amounts on claims.mdf_claim_id = amounts.mdf_claim_id
    left join {{ ref('dim_partner') }} as partners on claims.partner_id = partners.partner_id
    where claims.is_eligible and claims.status <> 'rejected' and claims.paid_in_full_date is null
),

final as (
    select
        'MD-03' as rule_id,
        case when unpaid.salesforce_id is null then 'impartner' else 'salesforce' end as source,
        'mdf_claim' as entity_type,
        unpaid.mdf_claim_id as entity_id,
        unpaid.partner_id,
        case
            when unpaid.days_passed > {{ rule_threshold('MD-03', 'critical_after') }} then 'critical'
            else 'high'
        end as severity,
        concat(
            'The fund claim ', coalesce(unpaid.claim_title, unpaid.mdf_claim_id), ' of ',
            coalesce(unpaid.partner_name, 'an unknown partner'), ' over ',
            coalesce(cast(unpaid.claimed_amount as {{ dbt.type_string() }}), 'an unknown amount'), ' ',
            coalesce(unpaid.currency, ''), ' was submitted on ',
            cast(unpaid.submitted_date as {{ dbt.type_string() }}), ' and is not paid in full after ',
            cast(unpaid.days_passed as {{ dbt.type_string() }}), ' days.'
        ) as title,
        {{ evidence({
            'approved_amount': 'unpaid.approved_amount',
            'claimed_amount': 'unpaid.claimed_amount',
            'currency': 'unpaid.currency',
            'paid_amount': 'unpaid.paid_amount',
            'portal_claim_id': 'unpaid.prm_claim_id',
            'status': 'unpaid.status',
            'submitted_on': 'unpaid.submitted_date',
        }) }} as evidence,
        unpaid.record_url,
        unpaid.submitted_date as existed_since,
        {{ date_plus_days('unpaid.submitted_date', rule_threshold('MD-03', 'critical_after')) }} as due_on,
        unpaid.claimed_amount_corporate as revenue_at_stake
    from unpaid
    where unpaid.days_passed > {{ rule_threshold('MD-03', 'high_after') }}
)

select * from final
