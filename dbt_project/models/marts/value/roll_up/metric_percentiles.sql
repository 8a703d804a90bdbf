-- Medians and other percentiles of the lines' measures, interpolated linearly between the two nearest values. Measures are
-- counted once by month and attributes, so that many equal ones (days, hours) cost no more than one.
with definitions as (
    select
        definitions.metric_id,
        definitions.dimensions,
        case definitions.aggregation when 'median' then 50 when 'p90' then 90 end as percent
    from {{ ref('metric_definitions') }} as definitions
    where definitions.aggregation in ('median', 'p90')
),

counted as (
    select
        lines.metric_id,
        definitions.dimensions,
        definitions.percent,
        dates.month_start_date,
        {%- for attribute in line_attributes() %}
        lines.{{ attribute }},
        {%- endfor %}
        lines.only_by_opportunity_type,
        lines.measure,
        count(*) as lines_counted
    from {{ ref('mart_metric_lines') }} as lines
    inner join definitions on lines.metric_id = definitions.metric_id
    inner join {{ ref('dim_date') }} as dates on lines.event_date = dates.date_day
    where lines.measure is not null
    group by
        lines.metric_id,
        definitions.dimensions,
        definitions.percent,
        dates.month_start_date,
        {%- for attribute in line_attributes() %}
        lines.{{ attribute }},
        {%- endfor %}
        lines.only_by_opportunity_type,
        lines.measure
),

valued as (
    select
        counted.metric_id,
        counted.percent,
        counted.month_start_date,
        dimensions.dimension,
        {{ dimension_value('dimensions', 'counted') | indent(8) }} as dimension_value,
        counted.measure,
        counted.lines_counted
    from counted
    inner join {{ ref('metric_dimensions') }} as dimensions
        on concat(';', counted.dimensions, ';') like concat('%;', dimensions.dimension, ';%')
    where {{ counts_in_dimension('dimensions', 'counted') }}
),

in_periods as (
    select
        periods.metric_id,
        periods.period_grain,
        periods.period_start,
        valued.dimension,
        valued.dimension_value,
        valued.percent,
        valued.measure,
        cast(sum(valued.lines_counted) as bigint) as lines_counted
    from {{ ref('int_metric__metric_periods') }} as periods
    inner join valued
        on
            periods.metric_id = valued.metric_id
            and valued.month_start_date >= periods.period_start
            and valued.month_start_date <= periods.period_end
    group by
        periods.metric_id,
        periods.period_grain,
        periods.period_start,
        valued.dimension,
        valued.dimension_value,
        valued.percent,
        valued.measure
),

-- of n sorted values, counted from 0, this measure takes the places from `taken_before` to `taken_after` - 1
placed as (
    select
        in_periods.*,
        cast(sum(in_periods.lines_counted) over (
            partition by
                in_periods.metric_id, in_periods.period_grain, in_periods.period_start,
                in_periods.dimension, in_periods.dimension_value
            order by in_periods.measure
        ) as bigint) as taken_after,
        cast(sum(in_periods.lines_counted) over (
            partition by
                in_periods.metric_id, in_periods.period_grain, in_periods.period_start,
                in_periods.dimension, in_periods.dimension_value
        ) as bigint) as n
    from in_periods
),

-- the percentile lies at place (n - 1) × percent / 100: between a whole place and the next
wanted as (
    select
        placed.*,
        placed.taken_after - placed.lines_counted as taken_before,
        {{ whole_quotient('((placed.n - 1) * placed.percent)', '100') }} as lower_place,
        cast(mod((placed.n - 1) * placed.percent, 100) as integer) as hundredths
    from placed
),

neighbours as (
    select
        wanted.metric_id,
        wanted.period_grain,
        wanted.period_start,
        wanted.dimension,
        wanted.dimension_value,
        wanted.hundredths,
        max(case when wanted.lower_place between wanted.taken_before and wanted.taken_after - 1 then wanted.measure end)
            as lower_value,
        max(
            case
                when least(wanted.lower_place + 1, wanted.n - 1) between wanted.taken_before and wanted.taken_after - 1
                    then wanted.measure
            end
        ) as upper_value
    from wanted
    group by
        wanted.metric_id,
        wanted.period_grain,
        wanted.period_start,
        wanted.dimension,
        wanted.dimension_value,
        wanted.hundredths
),

final as (
    select
        neighbours.metric_id,
        neighbours.period_grain,
        neighbours.period_start,
        neighbours.dimension,
        neighbours.dimension_value,
        {{ divide_exactly(
            '(neighbours.lower_value * (100 - neighbours.hundredths) + neighbours.upper_value * neighbours.hundredths)',
            '100', 6, 0, 6
        ) }} as value
    from neighbours
)

select * from final
