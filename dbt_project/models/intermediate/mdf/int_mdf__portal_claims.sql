-- Claims that partners handed in at the portal, with the Salesforce claim whose id they carry. Two that carry one id: the
-- smaller number is that claim, the other one a record of its own.
with claims as (
    select
        claims.*,
        salesforce_claims.mdf_claim_id as carried_claim_id,
        row_number() over (partition by salesforce_claims.mdf_claim_id order by claims.prm_claim_id) as place
    from {{ ref('stg_impartner__mdf_claims') }} as claims
    left join {{ ref('stg_salesforce__partner_fund_claims') }} as salesforce_claims
        on claims.salesforce_claim_id = salesforce_claims.mdf_claim_id
),

final as (
    select
        claims.prm_claim_id,
        case when claims.place = 1 then claims.carried_claim_id end as salesforce_claim_id,
        requests.mdf_request_id,
        partners.partner_id,
        coalesce(status_map.canonical, 'unknown') as status,
        claims.claimed_amount,
        claims.approved_amount,
        claims.paid_amount,
        claims.currency_iso_code,
        claims.submitted_date,
        claims.decided_date,
        claims.paid_date
    from claims
    left join {{ ref('stg_salesforce__partner_fund_requests') }} as requests
        on claims.salesforce_request_id = requests.mdf_request_id
    {{ join_status('impartner', 'mdf_claim', 'claims.status') }}
    {{ join_partner('impartner', 'partner', 'claims.prm_partner_id') }}
)

select * from final
