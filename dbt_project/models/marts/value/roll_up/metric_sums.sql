-- Cells added up to periods: what happened in one of its months, and what holds on its last day.
with final as (
    select
        periods.metric_id,
        periods.period_grain,
        periods.period_start,
        cells.dimension,
        cells.dimension_value,
        cast(sum(cells.numerator) as numeric(18, 6)) as numerator,
        cast(sum(cells.denominator) as numeric(18, 6)) as denominator,
        cast(sum(cells.n) as bigint) as n,
        cast(sum(cells.n_excluded) as bigint) as n_excluded
    from {{ ref('int_metric__metric_periods') }} as periods
    inner join {{ ref('metric_cells') }} as cells
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
