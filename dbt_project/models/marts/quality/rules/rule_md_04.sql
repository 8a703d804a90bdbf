-- Claims that only the portal knows are compared with their own request, but stand in no sum: they may be one of
-- Salesforce's claims that lost its id, and would count twice.
with claims as (
    select
        claims.*,
        partners.partner_name,
        amounts.claimed_amount_corporate
    from {{ ref('fct_mdf_claims') }} as claims
    inner join {{ ref('gap_claim_amounts') }} as amounts on claims.mdf_claim_id = amounts.mdf_claim_id
    left join {{ ref('dim_partner') }} as partners on claims.partner_id = partners.partner_id
    where claims.is_eligible and claims.status <> 'rejected'
),

of_requests as (
    select claims.mdf_request_id, sum(claims.claimed_amount) as claimed_amount
    from claims
    where claims.salesforce_id is not null
    group by claims.mdf_request_id
),

of_budgets as (
    select claims.mdf_budget_id, sum(claims.claimed_amount) as claimed_amount
    from claims
    where claims.salesforce_id is not null
    group by claims.mdf_budget_id
),

compared as (
    select
        claims.*,
        cast(of_requests.claimed_amount as numeric(18, 2)) as request_claimed_amount,
        cast(of_budgets.claimed_amount as numeric(18, 2)) as budget_claimed_amount,
        coalesce(claims.claimed_amount > claims.granted_amount, false) as exceeds_grant,
        coalesce(of_requests.claimed_amount > claims.granted_amount, false) as request_is_exceeded,
        coalesce(of_budgets.claimed_amount > claims.budget_amount, false) as budget_is_exceeded
    from claims
    left join of_requests
        on claims.mdf_request_id = of_requests.mdf_request_id and claims.salesforce_id is not null
    left join of_budgets
        on claims.mdf_budget_id = of_budgets.mdf_budget_id and claims.salesforce_id is not null
),

final as (
    select
        'MD-04' as rule_id,
        case when compared.salesforce_id is null then 'impartner' else 'salesforce' end as source,
        'mdf_claim' as entity_type,
        compared.mdf_claim_id as entity_id,
        compared.partner_id,
        {{ rule_severity('MD-04') }} as severity,
        concat(
            'The fund claim ', coalesce(compared.claim_title, compared.mdf_claim_id), ' of ',
            coalesce(compared.partner_name, 'an unknown partner'), ' over ',
            cast(compared.claimed_amount as {{ dbt.type_string() }}), ' ', coalesce(compared.currency, ''),
            case
                when compared.exceeds_grant
                    then concat(
                        ' exceeds the ', cast(compared.granted_amount as {{ dbt.type_string() }}), ' that were granted.'
                    )
                when compared.request_is_exceeded
                    then concat(
                        ' is one of several on its request that together exceed the ',
                        cast(compared.granted_amount as {{ dbt.type_string() }}), ' that were granted.'
                    )
                else concat(
                    ' is one of those that together exceed the budget of ',
                    cast(compared.budget_amount as {{ dbt.type_string() }}), '.'
                )
            end
        ) as title,
        {{ evidence({
            'budget_amount': 'compared.budget_amount',
            'budget_claimed': 'compared.budget_claimed_amount',
            'claimed_amount': 'compared.claimed_amount',
            'currency': 'compared.currency',
            'granted_amount': 'compared.granted_amount',
            'portal_claim_id': 'compared.prm_claim_id',
            'request_claimed': 'compared.request_claimed_amount',
            'status': 'compared.status',
        }) }} as evidence,
        compared.record_url,
        compared.submitted_date as existed_since,
        cast(null as date) as due_on,
        compared.claimed_amount_corporate as revenue_at_stake
    from compared
    where compared.exceeds_grant or compared.request_is_exceeded or compared.budget_is_exceeded
)

select * from final
