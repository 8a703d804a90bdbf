-- Every number is made from the lines of mart_metric_lines by period and dimension: sums, rates recomputed from the summed
-- numerators and denominators and rounded once, percentiles of the measures. Dimension `all` has a row for every period;
-- others where there are lines. Sales velocity alone is a formula over other numbers of the same period and value.
with definitions as (
    select * from {{ ref('metric_definitions') }}
    where aggregation <> 'derived'
),

periods as (
    select metric_periods.*
    from {{ ref('int_metric__metric_periods') }} as metric_periods
    inner join definitions on metric_periods.metric_id = definitions.metric_id
),

sums as (
    select * from {{ ref('metric_sums') }}
),

-- `all` is dense: periods without any line still say 0
keys as (
    select metric_id, period_grain, period_start, dimension, dimension_value from sums

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
        case
            when definitions.aggregation not in ('median', 'p90')
                then cast(coalesce(sums.numerator, 0) as numeric(18, 6))
        end as numerator,
        case
            when definitions.aggregation in ('ratio', 'mean')
                then cast(coalesce(sums.denominator, 0) as numeric(18, 6))
        end as denominator,
        cast(coalesce(sums.n, 0) as bigint) as n,
        cast(coalesce(sums.n_excluded, 0) as bigint) as n_excluded,
        percentiles.value as percentile
    from keys
    inner join definitions on keys.metric_id = definitions.metric_id
    inner join periods
        on
            keys.metric_id = periods.metric_id
            and keys.period_grain = periods.period_grain
            and keys.period_start = periods.period_start
    left join sums
        on
            keys.metric_id = sums.metric_id
            and keys.period_grain = sums.period_grain
            and keys.period_start = sums.period_start
            and keys.dimension = sums.dimension
            and keys.dimension_value = sums.dimension_value
    left join {{ ref('metric_percentiles') }} as percentiles
        on
            keys.metric_id = percentiles.metric_id
            and keys.period_grain = percentiles.period_grain
            and keys.period_start = percentiles.period_start
            and keys.dimension = percentiles.dimension
            and keys.dimension_value = percentiles.dimension_value
),

from_lines as (
    select
        summed.metric_id,
        summed.period_grain,
        summed.period_start,
        summed.period_end,
        summed.prior_period_start,
        summed.is_complete_period,
        summed.dimension,
        summed.dimension_value,
        case
            when summed.aggregation in ('sum', 'stock') then summed.numerator
            when summed.aggregation in ('median', 'p90') then summed.percentile
            else {{ safe_divide('summed.numerator', 'summed.denominator') }}
        end as value,
        summed.numerator,
        summed.denominator,
        summed.n,
        summed.n_excluded,
        case when summed.n_excluded > 0 then summed.excluded_reason end as excluded_reason,
        summed.unit
    from summed
),

valued as (
    select * from from_lines

    union all

    select
        'sales_velocity' as metric_id,
        win_rates.period_grain,
        win_rates.period_start,
        win_rates.period_end,
        win_rates.prior_period_start,
        win_rates.is_complete_period,
        win_rates.dimension,
        win_rates.dimension_value,
        -- deals decided × the share that is won × what one brings ÷ how long it takes
        {{ divide_exactly('(win_rates.n * win_rates.value * sizes.value)', 'cycles.value', 12, 6, 6) }} as value,
        cast(null as numeric(18, 6)) as numerator,
        cast(null as numeric(18, 6)) as denominator,
        win_rates.n,
        cast(0 as bigint) as n_excluded,
        cast(null as {{ dbt.type_string() }}) as excluded_reason,
        derived.unit
    from from_lines as win_rates
    inner join {{ ref('metric_definitions') }} as derived on derived.metric_id = 'sales_velocity'
    {%- for name, metric_id in [('sizes', 'deal_size_mean'), ('cycles', 'deal_cycle_days_mean')] %}
    left join from_lines as {{ name }}
        on
            {{ name }}.metric_id = '{{ metric_id }}'
            and win_rates.period_grain = {{ name }}.period_grain
            and win_rates.period_start = {{ name }}.period_start
            and win_rates.dimension = {{ name }}.dimension
            and win_rates.dimension_value = {{ name }}.dimension_value
    {%- endfor %}
    where win_rates.metric_id = 'win_rate_count'
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
        valued.excluded_reason,
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
