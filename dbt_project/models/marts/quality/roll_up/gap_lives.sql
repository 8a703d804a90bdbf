-- Each gap's evaluations in a row, from the ledger and from this build, make a spell in which it stood; a gap that
-- comes back begins a new one. Evaluations that say nothing of the rule are not counted, so a gap outlasts them.
with evaluations as (
    select * from {{ ref('int_gap__evaluations') }}
),

sightings as (
    select past.gap_id, past.rule_id, past.evaluation_number, past.as_of
    from {{ ref('int_gap__past_sightings') }} as past

    union all

    select found.gap_id, found.rule_id, evaluations.evaluation_number, evaluations.as_of
    from {{ ref('gap_found') }} as found
    inner join evaluations on found.rule_id = evaluations.rule_id and evaluations.is_present
),

placed as (
    select
        sightings.*,
        sightings.evaluation_number
        - row_number() over (partition by sightings.gap_id order by sightings.evaluation_number) as spell
    from sightings
),

spells as (
    select
        placed.gap_id,
        placed.rule_id,
        placed.spell,
        min(placed.as_of) as opened_on,
        max(placed.as_of) as last_seen_on,
        max(placed.evaluation_number) as last_number
    from placed
    group by placed.gap_id, placed.rule_id, placed.spell
),

counted as (
    select
        spells.*,
        min(spells.opened_on) over (partition by spells.gap_id) as first_seen_on,
        count(*) over (partition by spells.gap_id) - 1 as reopened_count,
        row_number() over (partition by spells.gap_id order by spells.last_number desc) as place
    from spells
),

final as (
    select
        counted.gap_id,
        counted.rule_id,
        counted.first_seen_on,
        counted.opened_on,
        counted.last_seen_on,
        evaluations.as_of as resolved_on,
        cast(counted.reopened_count as bigint) as reopened_count,
        counted.last_number as last_evaluation_number
    from counted
    left join evaluations
        on counted.rule_id = evaluations.rule_id and counted.last_number + 1 = evaluations.evaluation_number
    where counted.place = 1
)

select * from final
