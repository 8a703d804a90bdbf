-- Cells added up to periods: what happened in one of its months, and what holds on its last day.
with final as (
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
    from {{ ref('int_metric__metric_periods') }} as periods
    inner join {{ ref('int_metric__cells') }} as cells
        on
            periods.metric_id = cells.metric_id
            and (
                cells.month_start_date is null
                or (cells.month_start_date >= periods.period_start and cells.month_start_date <= periods.period_end)
            )
            and (cells.valid_from is null or cells.valid_from <= periods.period_end)
            and (cells.valid_to is null or cells.valid_to > periods.period_end)
    group by
        periods.metric_id, periods.period_grain, periods.period_start, cells.dimension, cells.dimension_value
)

select * from final
