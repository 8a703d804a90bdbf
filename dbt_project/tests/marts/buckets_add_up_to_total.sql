-- Sourced + influenced + direct = all won deals, in amount and in count, in every period and segment.
with buckets as (
    select
        period_grain,
        period_start,
        dimension,
        dimension_value,
        sum(numerator) as amount,
        sum(n + n_excluded) as deals
    from {{ ref('mart_headline_metrics') }}
    where metric_id in ('sourced_revenue', 'influenced_revenue', 'direct_revenue')
    group by period_grain, period_start, dimension, dimension_value
),

totals as (
    select period_grain, period_start, dimension, dimension_value, denominator as amount, n + n_excluded as deals
    from {{ ref('mart_headline_metrics') }}
    where metric_id = 'partner_revenue_share'
)

select
    coalesce(buckets.period_grain, totals.period_grain) as period_grain,
    coalesce(buckets.period_start, totals.period_start) as period_start,
    coalesce(buckets.dimension_value, totals.dimension_value) as dimension_value,
    buckets.amount as bucket_amount,
    totals.amount as total_amount,
    buckets.deals as bucket_deals,
    totals.deals as total_deals
from buckets
full outer join totals
    on
        buckets.period_grain = totals.period_grain
        and buckets.period_start = totals.period_start
        and buckets.dimension = totals.dimension
        and buckets.dimension_value = totals.dimension_value
where buckets.amount is distinct from totals.amount or buckets.deals is distinct from totals.deals
