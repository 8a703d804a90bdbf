with leads as (
    select
        leads.*,
        partners.partner_id,
        leads.is_test or exists (
            select 1
            from {{ ref('test_name_patterns') }} as test_name_patterns
            where lower(leads.lead_name) like test_name_patterns.pattern
        ) as is_test_lead
    from {{ ref('stg_salesforce__leads') }} as leads
    left join {{ ref('int_partner__accounts') }} as partners on leads.partner_account_id = partners.account_id
),

judged as (
    select
        leads.*,
        case
            when leads.is_deleted then 'deleted'
            when leads.is_test_lead then 'test'
            when leads.partner_id is null then 'no_partner'
        end as ineligible_reason
    from leads
),

final as (
    select
        judged.lead_id,
        judged.lead_name,
        {{ record_url('Lead', 'judged.lead_id') }} as record_url,
        judged.partner_id,
        judged.owner_id,
        judged.status,
        judged.created_at,
        judged.created_date,
        judged.accepted_at,
        judged.is_converted,
        judged.converted_date,
        judged.converted_opportunity_id as opportunity_id,
        judged.ineligible_reason is null as is_eligible,
        judged.ineligible_reason
    from judged
)

select * from final
