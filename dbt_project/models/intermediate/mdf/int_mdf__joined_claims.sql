-- One row per real claim: Salesforce's, the portal's, or one that stands in both. Salesforce's value counts where the seed
-- source_precedence says so, and the other fills what is empty. Only the portal knows the approved amount.
with salesforce as (
    select
        claims.*,
        partners.partner_id,
        case when claims.status is not null then coalesce(status_map.canonical, 'unknown') end as canonical_status
    from {{ ref('stg_salesforce__partner_fund_claims') }} as claims
    left join {{ ref('int_partner__accounts') }} as partners on claims.partner_account_id = partners.account_id
    {{ join_status('salesforce', 'mdf_claim', 'claims.status') }}
),

paired as (
    select
        salesforce.mdf_claim_id as salesforce_id,
        portal.prm_claim_id,
        coalesce(salesforce.mdf_request_id, portal.mdf_request_id) as mdf_request_id,
        salesforce.mdf_budget_id,
        case when salesforce.mdf_claim_id is not null then salesforce.partner_id else portal.partner_id end
            as partner_id,
        salesforce.claim_title,
        salesforce.canonical_status as salesforce_status,
        portal.status as portal_status,
        -- amounts of one claim are compared, so they must be in one currency
        case
            when salesforce.mdf_claim_id is null then portal.currency_iso_code
            else coalesce(salesforce.currency_iso_code, portal.currency_iso_code)
        end as currency_iso_code,
        salesforce.claimed_amount as salesforce_claimed_amount,
        salesforce.paid_amount as salesforce_paid_amount,
        salesforce.submitted_date as salesforce_submitted_date,
        salesforce.decided_date as salesforce_decided_date,
        salesforce.paid_date as salesforce_paid_date,
        coalesce(
            salesforce.mdf_claim_id is null
            or portal.currency_iso_code is null
            or salesforce.currency_iso_code is null
            or portal.currency_iso_code = salesforce.currency_iso_code,
            false
        ) as is_same_currency,
        portal.claimed_amount as portal_claimed_amount,
        portal.approved_amount as portal_approved_amount,
        portal.paid_amount as portal_paid_amount,
        portal.submitted_date as portal_submitted_date,
        portal.decided_date as portal_decided_date,
        portal.paid_date as portal_paid_date,
        coalesce(salesforce.is_deleted, false) as is_deleted
    from salesforce
    full outer join {{ ref('int_mdf__portal_claims') }} as portal
        on salesforce.mdf_claim_id = portal.salesforce_claim_id
),

comparable as (
    select
        paired.*,
        case when paired.is_same_currency then paired.portal_claimed_amount end as usable_claimed_amount,
        case when paired.is_same_currency then paired.portal_approved_amount end as usable_approved_amount,
        case when paired.is_same_currency then paired.portal_paid_amount end as usable_paid_amount
    from paired
),

final as (
    select
        coalesce(comparable.salesforce_id, concat('impartner:', comparable.prm_claim_id)) as mdf_claim_id,
        comparable.salesforce_id,
        comparable.prm_claim_id,
        comparable.mdf_request_id,
        comparable.mdf_budget_id,
        comparable.partner_id,
        comparable.claim_title,
        comparable.currency_iso_code,
        comparable.salesforce_status,
        comparable.portal_status,
        {{ preferred('mdf_claim', 'status', 'comparable.salesforce_status', 'comparable.portal_status') }} as status,
        {{ preferred(
            'mdf_claim', 'claimed_amount', 'comparable.salesforce_claimed_amount', 'comparable.usable_claimed_amount'
        ) }} as claimed_amount,
        comparable.usable_approved_amount as approved_amount,
        {{ preferred('mdf_claim', 'paid_amount', 'comparable.salesforce_paid_amount', 'comparable.usable_paid_amount') }}
            as paid_amount,
        {{ preferred(
            'mdf_claim', 'submitted_date', 'comparable.salesforce_submitted_date', 'comparable.portal_submitted_date'
        ) }} as submitted_date,
        {{ preferred(
            'mdf_claim', 'decided_date', 'comparable.salesforce_decided_date', 'comparable.portal_decided_date'
        ) }} as decided_date,
        {{ preferred('mdf_claim', 'paid_date', 'comparable.salesforce_paid_date', 'comparable.portal_paid_date') }}
            as paid_date,
        comparable.is_deleted
    from comparable
)

select * from final
