with claims as (
    select
        claims.*,
        requests.granted_amount,
        budgets.mdf_budget_id as known_budget_id,
        budgets.amount as budget_amount,
        coalesce(claims.approved_amount, least(claims.claimed_amount, requests.granted_amount)) as payable_amount,
        exists (
            select 1
            from {{ ref('test_name_patterns') }} as test_name_patterns
            where lower(claims.claim_title) like test_name_patterns.pattern
        ) as is_test
    from {{ ref('int_mdf__joined_claims') }} as claims
    left join {{ ref('stg_salesforce__partner_fund_requests') }} as requests
        on claims.mdf_request_id = requests.mdf_request_id and not requests.is_deleted
    left join {{ ref('stg_salesforce__partner_marketing_budgets') }} as budgets
        on
            coalesce(claims.mdf_budget_id, requests.mdf_budget_id) = budgets.mdf_budget_id
            and not budgets.is_deleted
),

judged as (
    select
        claims.*,
        case
            when claims.is_deleted then 'deleted'
            when claims.is_test then 'test'
            when claims.partner_id is null then 'no_partner'
        end as ineligible_reason
    from claims
),

final as (
    select
        judged.mdf_claim_id,
        judged.salesforce_id,
        judged.prm_claim_id,
        judged.claim_title,
        {{ record_url('PartnerFundClaim', 'judged.salesforce_id') }} as record_url,
        judged.mdf_request_id,
        judged.known_budget_id as mdf_budget_id,
        judged.partner_id,
        coalesce(judged.status, 'unknown') as status,
        judged.claimed_amount,
        judged.currency_iso_code as currency,
        judged.granted_amount,
        judged.budget_amount,
        cast(judged.payable_amount as numeric(18, 2)) as approved_amount,
        judged.paid_amount,
        judged.submitted_date,
        judged.decided_date,
        judged.paid_date,
        case
            when
                coalesce(judged.status, 'unknown') <> 'rejected'
                and judged.paid_amount >= judged.payable_amount
                and judged.paid_date <= {{ as_of() }}
                then judged.paid_date
        end as paid_in_full_date,
        judged.ineligible_reason is null as is_eligible,
        judged.ineligible_reason
    from judged
)

select * from final
