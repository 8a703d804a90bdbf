-- n business days have passed when the as-of day lies after the n-th business day that follows the submission.
with waiting as (
    select
        registrations.*,
        partners.partner_name,
        -- the as-of day itself has not passed
        yesterday.business_day_number - submitted.business_day_number as days_passed,
        submitted.business_day_number + {{ rule_threshold('DR-01', 'high_after') }} as due_number
    from {{ ref('fct_deal_registrations') }} as registrations
    inner join {{ ref('int_calendar__business_days') }} as submitted
        on registrations.business_region = submitted.region and registrations.submitted_date = submitted.date_day
    inner join {{ ref('int_calendar__business_days') }} as yesterday
        on
            registrations.business_region = yesterday.region
            and yesterday.date_day = {{ date_plus_days(as_of(), -1) }}
    left join {{ ref('dim_partner') }} as partners on registrations.partner_id = partners.partner_id
    where registrations.is_eligible and registrations.status in ('submitted', 'in_review', 'info_requested')
),

final as (
    select
        'DR-01' as rule_id,
        case when waiting.salesforce_id is null then 'partnerstack' else 'salesforce' end as source,
        'deal_registration' as entity_type,
        waiting.deal_registration_id as entity_id,
        waiting.partner_id,
        case
            when waiting.days_passed >= {{ rule_threshold('DR-01', 'critical_after') }} then 'critical'
            when waiting.days_passed >= {{ rule_threshold('DR-01', 'high_after') }} then 'high'
            else 'medium'
        end as severity,
        concat(
            'Deal registration ', coalesce(waiting.registration_name, waiting.deal_registration_id), ' of ',
            coalesce(waiting.partner_name, 'an unknown partner'), ' was submitted on ',
            cast(waiting.submitted_date as {{ dbt.type_string() }}), ' and has had no decision for ',
            cast(waiting.days_passed as {{ dbt.type_string() }}), ' business days.'
        ) as title,
        {{ evidence({
            'amount': 'waiting.amount',
            'business_days_passed': 'waiting.days_passed',
            'currency': 'waiting.currency',
            'customer': 'waiting.customer_name',
            'marketplace_key': 'waiting.marketplace_key',
            'status': 'waiting.status',
            'submitted_on': 'waiting.submitted_date',
        }) }} as evidence,
        waiting.record_url,
        waiting.submitted_date as existed_since,
        due.date_day as due_on,
        waiting.amount_corporate as revenue_at_stake
    from waiting
    left join {{ ref('int_calendar__business_days') }} as due
        on
            waiting.business_region = due.region
            and due.is_business_day
            and waiting.due_number = due.business_day_number
    where waiting.days_passed >= {{ rule_threshold('DR-01', 'medium_after') }}
)

select * from final
