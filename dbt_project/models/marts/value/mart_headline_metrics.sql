-- Every number is a sum over the lines of mart_metric_lines by period and dimension; rates are recomputed from the summed
-- numerators and denominators and rounded once. Dimension `all` has a row for every period; others where there are lines.
with definitions as (
    select * from {{ ref('metric_definitions') }}
),

periods as (
    select definitions.metric_id, periods.*
    from {{ ref('int_metric__periods') }} as periods
    inner join definitions
        on concat(';', definitions.period_grains, ';') like concat('%;', periods.period_grain, ';%')
),

rolled_up as (
    select
        periods.metric_id,
        periods.period_grain,
        periods.period_start,
        cells.dimension,
        cells.dimension_value,
        sum(cells.numerator) as numerator,
        sum(cells.denominator) as denominator,
        sum(cells.n) as n,
        sum(cells.n_excluded) as n_excluded
    from periods
    inner join {{ ref('int_metric__cells') }} as cells
        on
            periods.metric_id = cells.metric_id
            and cells.month_start_date >= periods.period_start
            and cells.month_start_date <= periods.period_end
    group by
        periods.metric_id, periods.period_grain, periods.period_start, cells.dimension, cells.dimension_value
),

-- `all` is dense: periods without any line still say 0
keys as (
    select metric_id, period_grain, period_start, dimension, dimension_value from rolled_up

    union

    select metric_id, period_grain, period_start, 'all', 'all' from periods
),

summed as (
    select
        keys.metric_id,
        keys.period_grain,
        keys.period_start,
        periods.period_end,
        periods.prior_period_start,
        periods.is_complete_period,
        keys.dimension,
        keys.dimension_value,
        definitions.unit,
        definitions.excluded_reason,
        definitions.aggregation,
        cast(coalesce(rolled_up.numerator, 0) as numeric(18, 6)) as numerator,
        case
            when definitions.aggregation in ('ratio', 'mean')
                then cast(coalesce(rolled_up.denominator, 0) as numeric(18, 6))
        end as denominator,
        cast(coalesce(rolled_up.n, 0) as bigint) as n,
        cast(coalesce(rolled_up.n_excluded, 0) as bigint) as n_excluded
    from keys
    inner join definitions on keys.metric_id = definitions.metric_id
    inner join periods
        on
            keys.metric_id = periods.metric_id
            and keys.period_grain = periods.period_grain
            and keys.period_start = periods.period_start
    left join rolled_up
        on
            keys.metric_id = rolled_up.metric_id
            and keys.period_grain = rolled_up.period_grain
            and keys.period_start = rolled_up.period_start
            and keys.dimension = rolled_up.dimension
            and keys.dimension_value = rolled_up.dimension_value
),

valued as (
    select
        summed.*,
        case
            when summed.aggregation = 'sum' then summed.numerator
            else {{ safe_divide('summed.numerator', 'summed.denominator') }}
        end as value
    from summed
),

final as (
    select
        valued.metric_id,
        valued.period_grain,
        valued.period_start,
        valued.period_end,
        valued.dimension,
        valued.dimension_value,
        valued.value,
        valued.numerator,
        valued.denominator,
        valued.n,
        valued.n_excluded,
        case when valued.n_excluded > 0 then valued.excluded_reason end as excluded_reason,
        valued.unit,
        valued.n < {{ policy('min_cohort_size') }} as is_low_sample,
        valued.is_complete_period,
        prior.value as prior_value,
        {{ as_of() }} as as_of
    from valued
    left join valued as prior
        on
            valued.metric_id = prior.metric_id
            and valued.period_grain = prior.period_grain
            and valued.prior_period_start = prior.period_start
            and valued.dimension = prior.dimension
            and valued.dimension_value = prior.dimension_value
)

select * from final
