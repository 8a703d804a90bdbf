with decided as (
    select
        registrations.*,
        partners.partner_name,
        deals.state as deal_state,
        deals.opportunity_name,
        deals.decided_date,
        deals.amount as deal_amount_corporate,
        {{ registration_class('registrations.salesforce_status') }} as salesforce_class,
        {{ registration_class('registrations.marketplace_status') }} as marketplace_class
    from {{ ref('fct_deal_registrations') }} as registrations
    inner join {{ ref('fct_opportunities') }} as deals
        on registrations.opportunity_id = deals.opportunity_id and deals.is_eligible
    left join {{ ref('dim_partner') }} as partners on registrations.partner_id = partners.partner_id
    where registrations.is_eligible and deals.state in ('won', 'lost')
),

judged as (
    select
        decided.*,
        case
            when decided.deal_state = 'won' then coalesce(decided.salesforce_class in ('open', 'approved'), false)
            else coalesce(decided.salesforce_class = 'converted', false)
        end as salesforce_contradicts,
        case
            when decided.deal_state = 'won' then coalesce(decided.marketplace_class in ('open', 'approved'), false)
            else coalesce(decided.marketplace_class = 'converted', false)
        end as marketplace_contradicts
    from decided
),

final as (
    select
        'DR-07' as rule_id,
        case when judged.salesforce_contradicts then 'salesforce' else 'partnerstack' end as source,
        'deal_registration' as entity_type,
        judged.deal_registration_id as entity_id,
        judged.partner_id,
        {{ rule_severity('DR-07') }} as severity,
        concat(
            'The opportunity ', coalesce(judged.opportunity_name, judged.opportunity_id), ' is ', judged.deal_state,
            ', but its deal registration ', coalesce(judged.registration_name, judged.deal_registration_id), ' of ',
            coalesce(judged.partner_name, 'an unknown partner'), ' is still ',
            case
                when judged.salesforce_contradicts then concat(judged.salesforce_status, ' in Salesforce.')
                else concat(judged.marketplace_status, ' in the marketplace.')
            end
        ) as title,
        {{ evidence({
            'decided_on': 'judged.decided_date',
            'marketplace_key': 'judged.marketplace_key',
            'marketplace_status': 'judged.marketplace_status',
            'opportunity_id': 'judged.opportunity_id',
            'opportunity_state': 'judged.deal_state',
            'salesforce_status': 'judged.salesforce_status',
        }) }} as evidence,
        judged.record_url,
        judged.decided_date as existed_since,
        cast(null as date) as due_on,
        judged.deal_amount_corporate as revenue_at_stake
    from judged
    where judged.salesforce_contradicts or judged.marketplace_contradicts
)

select * from final
