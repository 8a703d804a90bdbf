-- Lines added up once, to months and all attributes: from here on the work no longer grows with the number of records.
-- Nothing is lost by it, for every period of every grain is a run of whole months. Lines that hold over days keep them
-- instead of a month.
with lines as (
    select * from {{ ref('mart_metric_lines') }}
),

final as (
    select
        lines.metric_id,
        dates.month_start_date,
        lines.valid_from,
        lines.valid_to,
        {%- for attribute in line_attributes() %}
        lines.{{ attribute }},
        {%- endfor %}
        lines.only_by_opportunity_type,
        cast(sum(lines.numerator) as numeric(18, 6)) as numerator,
        cast(sum(lines.denominator) as numeric(18, 6)) as denominator,
        count(coalesce(lines.numerator, lines.measure)) as n,
        count(*) - count(coalesce(lines.numerator, lines.measure)) as n_excluded
    from lines
    left join {{ ref('dim_date') }} as dates on lines.event_date = dates.date_day
    group by
        lines.metric_id,
        dates.month_start_date,
        lines.valid_from,
        lines.valid_to,
        {%- for attribute in line_attributes() %}
        lines.{{ attribute }},
        {%- endfor %}
        lines.only_by_opportunity_type
)

select * from final
