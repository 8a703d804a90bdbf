with lives as (
    select * from {{ ref('gap_lives') }}
),

-- what a gap says: as found now, else as it was last told
found as (
    select * from {{ ref('gap_found') }}
),

told as (
    select
        found.gap_id,
        found.source,
        found.entity_type,
        found.entity_id,
        found.partner_id,
        found.severity,
        found.title,
        found.evidence,
        found.record_url,
        policies.owner_team,
        found.existed_since,
        found.due_on,
        found.revenue_at_stake
    from found
    inner join {{ ref('dq_rule_policy') }} as policies on found.rule_id = policies.rule_id

    union all

    select
        remembered.gap_id,
        remembered.source_system,
        remembered.entity_type,
        remembered.entity_id,
        remembered.partner_id,
        remembered.severity,
        remembered.title,
        remembered.evidence,
        remembered.record_url,
        remembered.owner_team,
        remembered.existed_since,
        remembered.due_on,
        remembered.revenue_at_stake
    from lives
    inner join {{ ref('int_gap__past_sightings') }} as sightings
        on lives.gap_id = sightings.gap_id and lives.last_evaluation_number = sightings.evaluation_number
    inner join {{ ref('int_gap__remembered') }} as remembered
        on sightings.gap_id = remembered.gap_id and sightings.evidence_hash = remembered.evidence_hash
    left join found on lives.gap_id = found.gap_id
    where found.gap_id is null
),

joined as (
    select
        told.*,
        lives.rule_id,
        lives.first_seen_on,
        lives.opened_on,
        lives.last_seen_on,
        lives.resolved_on,
        lives.reopened_count,
        policies.sla_days,
        policies.sla_unit,
        users.user_name as owner_name,
        waivers.waived_until,
        waivers.author as waived_by,
        waivers.reason as waiver_reason,
        {{ business_region('partners.partner_region') }} as business_region
    from told
    inner join lives on told.gap_id = lives.gap_id
    inner join {{ ref('dq_rule_policy') }} as policies on lives.rule_id = policies.rule_id
    left join {{ ref('dim_partner') }} as partners on told.partner_id = partners.partner_id
    left join {{ ref('dim_user') }} as users on partners.owner_id = users.user_id
    left join {{ ref('int_gap__waivers') }} as waivers
        on lives.rule_id = waivers.rule_id and told.entity_id = waivers.entity_id and lives.resolved_on is null
),

-- the rule's deadline counts from the day on which the gap was opened, or opened again
dated as (
    select
        joined.*,
        coalesce(
            joined.due_on,
            case
                when joined.sla_unit = 'calendar' then {{ date_plus_days('joined.opened_on', 'joined.sla_days') }}
                else due_days.date_day
            end
        ) as due_date,
        case
            when joined.resolved_on is not null then 'resolved'
            when joined.waived_until is not null then 'waived'
            else 'open'
        end as state
    from joined
    left join {{ ref('int_calendar__business_days') }} as opened_days
        on joined.business_region = opened_days.region and joined.opened_on = opened_days.date_day
    left join {{ ref('int_calendar__business_days') }} as due_days
        on
            opened_days.region = due_days.region
            and due_days.is_business_day
            and opened_days.business_day_number + joined.sla_days = due_days.business_day_number
),

final as (
    select
        dated.gap_id,
        dated.rule_id,
        dated.source,
        dated.severity,
        dated.entity_type,
        dated.entity_id,
        dated.partner_id,
        dated.title,
        dated.evidence,
        dated.record_url,
        dated.owner_team,
        dated.owner_name,
        dated.state,
        dated.existed_since,
        dated.first_seen_on,
        dated.opened_on,
        dated.last_seen_on,
        dated.resolved_on,
        dated.reopened_count,
        dated.due_date as due_on,
        {{ days_between('dated.first_seen_on', 'coalesce(dated.resolved_on, ' ~ as_of() ~ ')') }} as age_days,
        coalesce(dated.state = 'open' and dated.due_date < {{ as_of() }}, false) as is_breached,
        dated.waived_until,
        dated.waived_by,
        dated.waiver_reason,
        dated.revenue_at_stake
    from dated
)

select * from final
