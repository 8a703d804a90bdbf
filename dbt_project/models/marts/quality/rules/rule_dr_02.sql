-- The marketplace does not say when it approved; its last change stands in. Without any day the approval is old enough.
with approved as (
    select
        registrations.*,
        partners.partner_name,
        case
            when registrations.salesforce_id is null then registrations.marketplace_updated_date
            else registrations.approved_date
        end as approved_on
    from {{ ref('fct_deal_registrations') }} as registrations
    left join {{ ref('dim_partner') }} as partners on registrations.partner_id = partners.partner_id
    where registrations.is_eligible and registrations.status = 'approved'
),

without_deal as (
    select
        approved.*,
        yesterday.business_day_number - begun.business_day_number as days_passed
    from approved
    left join {{ ref('fct_opportunities') }} as deals
        on
            approved.opportunity_id = deals.opportunity_id
            and (deals.ineligible_reason is null or deals.ineligible_reason <> 'deleted')
    left join {{ ref('int_calendar__business_days') }} as begun
        on approved.business_region = begun.region and approved.approved_on = begun.date_day
    left join {{ ref('int_calendar__business_days') }} as yesterday
        on
            approved.business_region = yesterday.region
            and yesterday.date_day = {{ date_plus_days(as_of(), -1) }}
    where deals.opportunity_id is null
),

final as (
    select
        'DR-02' as rule_id,
        case when without_deal.salesforce_id is null then 'partnerstack' else 'salesforce' end as source,
        'deal_registration' as entity_type,
        without_deal.deal_registration_id as entity_id,
        without_deal.partner_id,
        {{ rule_severity('DR-02') }} as severity,
        concat(
            'Deal registration ', coalesce(without_deal.registration_name, without_deal.deal_registration_id), ' of ',
            coalesce(without_deal.partner_name, 'an unknown partner'), ' was approved',
            case
                when without_deal.approved_on is null then ''
                else concat(' on ', cast(without_deal.approved_on as {{ dbt.type_string() }}))
            end,
            case
                when without_deal.opportunity_id is null then ' and has no Salesforce opportunity.'
                else ', and its opportunity is not in Salesforce or was deleted.'
            end
        ) as title,
        {{ evidence({
            'amount': 'without_deal.amount',
            'approved_on': 'without_deal.approved_on',
            'currency': 'without_deal.currency',
            'customer': 'without_deal.customer_name',
            'marketplace_key': 'without_deal.marketplace_key',
            'opportunity_id': 'without_deal.opportunity_id',
        }) }} as evidence,
        without_deal.record_url,
        without_deal.approved_on as existed_since,
        cast(null as date) as due_on,
        without_deal.amount_corporate as revenue_at_stake
    from without_deal
    where coalesce(without_deal.days_passed >= {{ rule_threshold('DR-02', 'open_after') }}, true)
)

select * from final
