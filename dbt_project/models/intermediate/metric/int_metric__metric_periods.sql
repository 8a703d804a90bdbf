-- Which metric is published for which period; the seed metric_definitions names the grains.
with final as (
    select
        definitions.metric_id,
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        periods.prior_period_start,
        periods.is_complete_period
    from {{ ref('int_metric__periods') }} as periods
    inner join {{ ref('metric_definitions') }} as definitions
        on concat(';', definitions.period_grains, ';') like concat('%;', periods.period_grain, ';%')
)

select * from final
