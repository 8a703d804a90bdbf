with gaps as (
    select
        gaps.rule_id,
        sum(case when gaps.state = 'open' then 1 else 0 end) as open_gaps,
        sum(case when gaps.state = 'waived' then 1 else 0 end) as waived_gaps
    from {{ ref('dq_gaps') }} as gaps
    group by gaps.rule_id
),

evaluations as (
    select evaluations.rule_id, max(evaluations.as_of) as evaluated_as_of
    from {{ ref('int_gap__evaluations') }} as evaluations
    where evaluations.state = 'evaluated'
    group by evaluations.rule_id
),

final as (
    select
        policies.rule_id,
        policies.title,
        policies.definition,
        policies.severity,
        policies.owner_team,
        policies.sla_days,
        policies.sla_unit,
        policies.needs,
        policies.source,
        states.state,
        states.reason,
        cast(coalesce(gaps.open_gaps, 0) as bigint) as open_gaps,
        cast(coalesce(gaps.waived_gaps, 0) as bigint) as waived_gaps,
        evaluations.evaluated_as_of
    from {{ ref('dq_rule_policy') }} as policies
    inner join {{ ref('int_gap__rule_states') }} as states on policies.rule_id = states.rule_id
    left join gaps on policies.rule_id = gaps.rule_id
    left join evaluations on policies.rule_id = evaluations.rule_id
)

select * from final
