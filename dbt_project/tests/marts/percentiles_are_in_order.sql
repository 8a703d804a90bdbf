-- Nine in ten take at least as long as half of them do, and both lie among the measures of the lines.
with percentiles as (
    select
        medians.metric_id,
        medians.period_grain,
        medians.period_start,
        medians.dimension,
        medians.dimension_value,
        medians.n as median_n,
        upper_ones.n as upper_n,
        medians.value as median,
        upper_ones.value as upper_value
    from {{ ref('mart_headline_metrics') }} as medians
    inner join {{ ref('mart_headline_metrics') }} as upper_ones
        on
            upper_ones.metric_id = concat(medians.metric_id, '_p90')
            and medians.period_grain = upper_ones.period_grain
            and medians.period_start = upper_ones.period_start
            and medians.dimension = upper_ones.dimension
            and medians.dimension_value = upper_ones.dimension_value
),

bounds as (
    select metric_id, min(measure) as least_measure, max(measure) as greatest_measure
    from {{ ref('mart_metric_lines') }}
    group by metric_id
)

select percentiles.*, bounds.least_measure, bounds.greatest_measure
from percentiles
left join bounds on percentiles.metric_id = bounds.metric_id
where
    percentiles.median_n <> percentiles.upper_n
    or (percentiles.median_n = 0) <> (percentiles.median is null)
    or percentiles.median > percentiles.upper_value
    or percentiles.median < bounds.least_measure
    or percentiles.upper_value > bounds.greatest_measure
