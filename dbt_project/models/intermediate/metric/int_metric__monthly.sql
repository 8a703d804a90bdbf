-- Lines added up once, to months and all attributes: from here on the work no longer grows with the number of deals.
-- Nothing is lost by it, for every period of every grain is a run of whole months.
with lines as (
    select * from {{ ref('mart_metric_lines') }}
),

final as (
    select
        lines.metric_id,
        dates.month_start_date,
        lines.opportunity_type,
        lines.account_region,
        lines.size_band,
        lines.attached,
        lines.only_by_opportunity_type,
        sum(lines.numerator) as numerator,
        sum(lines.denominator) as denominator,
        count(lines.numerator) as n,
        count(*) - count(lines.numerator) as n_excluded
    from lines
    inner join {{ ref('dim_date') }} as dates on lines.event_date = dates.date_day
    group by
        lines.metric_id,
        dates.month_start_date,
        lines.opportunity_type,
        lines.account_region,
        lines.size_band,
        lines.attached,
        lines.only_by_opportunity_type
)

select * from final
