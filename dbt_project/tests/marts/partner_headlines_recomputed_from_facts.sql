-- Numbers about partners once more, straight from the fact tables and past the lines, for each grain and partner type.
with partners as (
    select partner_id, partner_type from {{ ref('dim_partner') }}
),

events as (
    select 'leads_submitted' as metric_id, partner_id, created_date as event_date, 1 as above, 0 as below
    from {{ ref('fct_leads') }}
    where is_eligible

    union all

    select
        'deal_registration_approval_rate',
        partner_id,
        first_decided_date,
        case when first_decision = 'approved' then 1 else 0 end,
        1
    from {{ ref('fct_deal_registrations') }}
    where is_eligible and first_decision is not null

    union all

    select
        'mdf_claim_payment_days_sla_rate',
        partner_id,
        {{ date_plus_days('submitted_date', policy('mdf_claim_payment_sla_days')) }},
        case
            when
                {{ days_between('submitted_date', 'paid_in_full_date') }} <= {{ policy('mdf_claim_payment_sla_days') }}
                then 1
            else 0
        end,
        1
    from {{ ref('fct_mdf_claims') }}
    where
        is_eligible
        and not coalesce(
            status = 'rejected'
            and decided_date <= {{ date_plus_days('submitted_date', policy('mdf_claim_payment_sla_days')) }},
            false
        )
),

headlines as (
    select * from {{ ref('mart_headline_metrics') }}
    where
        metric_id in ('leads_submitted', 'deal_registration_approval_rate', 'mdf_claim_payment_days_sla_rate')
        and dimension in ('all', 'partner_type')
),

recomputed as (
    select
        headlines.metric_id,
        headlines.period_grain,
        headlines.period_start,
        headlines.dimension_value,
        headlines.numerator,
        headlines.denominator,
        coalesce(sum(events.above), 0) as numerator_again,
        coalesce(sum(events.below), 0) as denominator_again
    from headlines
    left join (select events.*, partners.partner_type from events inner join partners using (partner_id)) as events
        on
            headlines.metric_id = events.metric_id
            and events.event_date between headlines.period_start and headlines.period_end
            and events.event_date <= headlines.as_of
            and headlines.dimension_value in ('all', events.partner_type)
    group by
        headlines.metric_id,
        headlines.period_grain,
        headlines.period_start,
        headlines.dimension_value,
        headlines.numerator,
        headlines.denominator
)

select * from recomputed
where numerator <> numerator_again or coalesce(denominator, denominator_again) <> denominator_again
