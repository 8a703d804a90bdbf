-- The first decision on a registration up to the as-of day: its approval if it was ever approved, else the day on which
-- it was decided. Approved once and now expired or converted is still an approval.
with registrations as (
    select
        registrations.deal_registration_id,
        registrations.status,
        registrations.approved_at,
        coalesce(registrations.approved_at, registrations.decided_at) as first_decided_at
    from {{ ref('int_deal_registration__joined') }} as registrations
),

dated as (
    select
        registrations.*,
        {{ reporting_day('registrations.first_decided_at') }} as first_decided_date
    from registrations
),

final as (
    select
        dated.deal_registration_id,
        dated.first_decided_at,
        dated.first_decided_date,
        case
            when dated.approved_at is not null or dated.status in ('approved', 'expired', 'converted') then 'approved'
            else 'rejected'
        end as first_decision
    from dated
    where dated.first_decided_date <= {{ as_of() }}
)

select * from final
