-- Days on which a rule was evaluated, each as it stood when the day ended. What was opened and resolved in between two
-- evaluations of one day is not counted.
with days as (
    select
        evaluations.rule_id,
        evaluations.as_of,
        evaluations.evaluation_number,
        evaluations.is_present,
        row_number() over (partition by evaluations.rule_id order by evaluations.as_of) as day_number
    from {{ ref('int_gap__evaluations') }} as evaluations
    where evaluations.is_last_of_day
),

standing as (
    select days.rule_id, days.as_of, days.day_number, past.gap_id, past.state, past.due_on
    from days
    inner join {{ ref('int_gap__past_sightings') }} as past
        on days.rule_id = past.rule_id and days.evaluation_number = past.evaluation_number

    union all

    select days.rule_id, days.as_of, days.day_number, gaps.gap_id, gaps.state, gaps.due_on
    from days
    inner join {{ ref('dq_gaps') }} as gaps on days.rule_id = gaps.rule_id and gaps.state in ('open', 'waived')
    where days.is_present
),

ends as (
    select
        standing.rule_id,
        standing.day_number,
        sum(case when before.gap_id is null then 1 else 0 end) as opened,
        sum(case when standing.state = 'open' then 1 else 0 end) as open_gaps,
        sum(case when standing.state = 'waived' then 1 else 0 end) as waived_gaps,
        sum(case when standing.state = 'open' and standing.due_on < standing.as_of then 1 else 0 end)
            as breached_gaps
    from standing
    left join standing as before
        on standing.gap_id = before.gap_id and standing.day_number - 1 = before.day_number
    group by standing.rule_id, standing.day_number
),

gone as (
    select before.rule_id, before.day_number + 1 as day_number, count(*) as resolved
    from standing as before
    left join standing as after on before.gap_id = after.gap_id and before.day_number + 1 = after.day_number
    where after.gap_id is null
    group by before.rule_id, before.day_number
),

final as (
    select
        days.as_of as date_day,
        days.rule_id,
        cast(coalesce(ends.opened, 0) as bigint) as opened,
        cast(coalesce(gone.resolved, 0) as bigint) as resolved,
        cast(coalesce(ends.open_gaps, 0) as bigint) as open_gaps,
        cast(coalesce(ends.waived_gaps, 0) as bigint) as waived_gaps,
        cast(coalesce(ends.breached_gaps, 0) as bigint) as breached_gaps
    from days
    left join ends on days.rule_id = ends.rule_id and days.day_number = ends.day_number
    left join gone on days.rule_id = gone.rule_id and days.day_number = gone.day_number
)

select * from final
