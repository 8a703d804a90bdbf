with requests as (
    select
        requests.*,
        partners.partner_id,
        coalesce(status_map.canonical, 'unknown') as canonical_status,
        exists (
            select 1
            from {{ ref('test_name_patterns') }} as test_name_patterns
            where lower(requests.request_title) like test_name_patterns.pattern
        ) as is_test
    from {{ ref('stg_salesforce__partner_fund_requests') }} as requests
    left join {{ ref('int_partner__accounts') }} as partners on requests.partner_account_id = partners.account_id
    {{ join_status('salesforce', 'mdf_request', 'requests.status') }}
),

judged as (
    select
        requests.*,
        case
            when requests.is_deleted then 'deleted'
            when requests.is_test then 'test'
            when requests.partner_id is null then 'no_partner'
        end as ineligible_reason
    from requests
),

final as (
    select
        judged.mdf_request_id,
        {{ record_url('PartnerFundRequest', 'judged.mdf_request_id') }} as record_url,
        judged.mdf_budget_id,
        judged.partner_id,
        judged.request_title,
        judged.activity,
        judged.canonical_status as status,
        judged.requested_amount,
        judged.granted_amount,
        budgets.amount as budget_amount,
        judged.currency_iso_code as currency,
        judged.submitted_at,
        judged.submitted_date,
        judged.decided_at,
        judged.decided_date,
        judged.activity_end_date,
        judged.ineligible_reason is null as is_eligible,
        judged.ineligible_reason
    from judged
    left join {{ ref('stg_salesforce__partner_marketing_budgets') }} as budgets
        on judged.mdf_budget_id = budgets.mdf_budget_id and not budgets.is_deleted
)

select * from final
