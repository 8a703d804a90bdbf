-- How long the first decision on an eligible registration took in business hours of the partner's region, and by when it
-- was due: at the close of business of the n-th business day after the submission.
with registrations as (
    select
        registrations.*,
        cast(registrations.submitted_at as date) as submitted_utc_date,
        cast(registrations.first_decided_at as date) as decided_utc_date
    from {{ ref('fct_deal_registrations') }} as registrations
    where registrations.is_eligible and registrations.submitted_at is not null
),

timed as (
    select
        registrations.deal_registration_id,
        registrations.submitted_at,
        registrations.first_decided_at,
        registrations.first_decided_date,
        registrations.status,
        registrations.ended_at,
        due_days.date_day as due_date,
        cast(due_days.date_day as timestamp) + interval '17' hour as due_at,
        {{ business_seconds('registrations.first_decided_at', 'decided_days') }}
        - {{ business_seconds('registrations.submitted_at', 'submitted_days') }} as decision_seconds
    from registrations
    inner join {{ ref('int_calendar__business_days') }} as submission_days
        on
            registrations.business_region = submission_days.region
            and registrations.submitted_date = submission_days.date_day
    inner join {{ ref('int_calendar__business_days') }} as due_days
        on
            registrations.business_region = due_days.region
            and due_days.is_business_day
            and submission_days.business_day_number + {{ policy('deal_registration_sla_business_days') }}
            = due_days.business_day_number
    left join {{ ref('int_calendar__business_days') }} as submitted_days
        on
            registrations.business_region = submitted_days.region
            and registrations.submitted_utc_date = submitted_days.date_day
    left join {{ ref('int_calendar__business_days') }} as decided_days
        on
            registrations.business_region = decided_days.region
            and registrations.decided_utc_date = decided_days.date_day
),

final as (
    select
        timed.deal_registration_id,
        timed.due_date,
        timed.due_at,
        timed.first_decided_at < timed.submitted_at as is_negative,
        case
            when timed.first_decided_at >= timed.submitted_at
                then {{ divide_exactly('timed.decision_seconds', '3600', 0, 0, 6) }}
        end as decision_business_hours,
        coalesce(timed.first_decided_at <= timed.due_at, false) as is_decided_in_time,
        coalesce(timed.status = 'withdrawn' and timed.ended_at < timed.due_at, false) as is_withdrawn_before_due
    from timed
)

select * from final
