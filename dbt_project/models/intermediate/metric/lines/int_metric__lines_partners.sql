-- Numbers about partners themselves: they hold over days and do not happen on one. Who is active and certified is asked for
-- the as-of day; who transacts, for the end of every trailing period, with the tier of that day.
with asked as (
    select
        'as_of' as period_grain,
        {{ as_of() }} as period_start,
        {{ as_of() }} as period_end

    union all

    select periods.period_grain, periods.period_start, periods.period_end
    from {{ ref('int_metric__periods') }} as periods
    where periods.period_grain = 'trailing_4q'
),

active_partners as (
    select
        asked.period_grain,
        asked.period_start,
        asked.period_end,
        partners.partner_id,
        partners.salesforce_account_id,
        partners.record_url,
        active_days.active_from,
        partners.partner_type,
        tiers.attribute_value as tier,
        partners.partner_region
    from asked
    inner join {{ ref('int_partner__active_days') }} as active_days
        on
            asked.period_end >= active_days.active_from
            and (active_days.active_to is null or asked.period_end < active_days.active_to)
    inner join {{ ref('dim_partner') }} as partners on active_days.partner_id = partners.partner_id
    inner join {{ ref('dim_partner_history') }} as tiers
        on
            partners.partner_id = tiers.partner_id
            and tiers.attribute = 'tier'
            and asked.period_end >= tiers.valid_from
            and (tiers.valid_to is null or asked.period_end < tiers.valid_to)
),

won_days as (
    select distinct links.partner_id, deals.decided_date
    from {{ ref('int_opportunity__partner_links') }} as links
    inner join {{ ref('int_metric__decided_deals') }} as deals on links.opportunity_id = deals.opportunity_id
    where deals.state = 'won'
),

certified as (
    select
        certifications.partner_id,
        count(distinct certifications.person_key) as people
    from {{ ref('fct_certifications') }} as certifications
    where
        certifications.is_eligible
        and certifications.is_in_force
        and certifications.is_latest_award
        and not certifications.has_left
    group by certifications.partner_id
),

final as (
    select
        {{ line_columns('partners_active', 'Account', {
            'record_id': 'active_partners.salesforce_account_id',
            'record_url': 'active_partners.record_url',
            'partner_id': 'active_partners.partner_id',
            'valid_from': 'active_partners.active_from',
            'numerator': '1',
            'partner_type': 'active_partners.partner_type',
            'tier': 'active_partners.tier',
            'partner_region': 'active_partners.partner_region',
        }) }}
    from active_partners
    where active_partners.period_grain = 'as_of'

    union all

    select
        {{ line_columns('certification_completion_rate', 'Account', {
            'record_id': 'active_partners.salesforce_account_id',
            'record_url': 'active_partners.record_url',
            'partner_id': 'active_partners.partner_id',
            'valid_from': 'active_partners.period_start',
            'numerator': 'least(coalesce(certified.people, 0), requirements.people_required)',
            'denominator': 'requirements.people_required',
            'partner_type': 'active_partners.partner_type',
            'tier': 'active_partners.tier',
            'partner_region': 'active_partners.partner_region',
        }) }}
    from active_partners
    inner join {{ ref('int_certification__requirements') }} as requirements on active_partners.tier = requirements.tier
    left join certified on active_partners.partner_id = certified.partner_id
    where active_partners.period_grain = 'as_of'

    union all

    select
        {{ line_columns('transacting_partner_rate', 'Account', {
            'record_id': 'active_partners.salesforce_account_id',
            'record_url': 'active_partners.record_url',
            'partner_id': 'active_partners.partner_id',
            'valid_from': 'active_partners.period_end',
            'valid_to': date_plus_days('active_partners.period_end', 1),
            'numerator': 'case when exists (select 1 from won_days'
                ~ ' where won_days.partner_id = active_partners.partner_id'
                ~ ' and won_days.decided_date between active_partners.period_start and active_partners.period_end'
                ~ ') then 1 else 0 end',
            'denominator': '1',
            'partner_type': 'active_partners.partner_type',
            'tier': 'active_partners.tier',
            'partner_region': 'active_partners.partner_region',
        }) }}
    from active_partners
    where active_partners.period_grain = 'trailing_4q'
)

select * from final
