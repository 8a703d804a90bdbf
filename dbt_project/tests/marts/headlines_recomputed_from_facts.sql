-- The headline's parts once more, straight from the fact table and past the lines, for each grain and each deal type.
with deals as (
    select
        deals.*,
        case when deals.state = 'won' then 1 else 0 end as won
    from {{ ref('fct_opportunities') }} as deals
    where deals.is_eligible and deals.state in ('won', 'lost')
),

headlines as (
    select * from {{ ref('mart_headline_metrics') }}
    where
        (dimension in ('all', 'opportunity_type') or (metric_id like 'win_rate%' and dimension = 'attached'))
        and metric_id in (
            'attach_rate_count', 'attach_rate_amount', 'sourced_revenue', 'influenced_revenue', 'direct_revenue',
            'partner_revenue_share', 'win_rate_count', 'win_rate_amount', 'deal_size_mean', 'deal_cycle_days_mean'
        )
),

recomputed as (
    select
        headlines.metric_id,
        headlines.period_grain,
        headlines.period_start,
        headlines.dimension,
        headlines.dimension_value,
        headlines.numerator,
        headlines.denominator,
        headlines.n,
        coalesce(sum(
            case headlines.metric_id
                when 'attach_rate_count' then case when deals.is_attached then deals.won else 0 end
                when 'attach_rate_amount' then case when deals.is_attached then deals.won * deals.amount end
                when 'sourced_revenue' then case when deals.bucket = 'sourced' then deals.won * deals.amount end
                when 'influenced_revenue' then case when deals.bucket = 'influenced' then deals.won * deals.amount end
                when 'direct_revenue' then case when deals.bucket = 'direct' then deals.won * deals.amount end
                when 'partner_revenue_share' then case when deals.bucket <> 'direct' then deals.won * deals.amount end
                when 'win_rate_count' then deals.won
                when 'win_rate_amount' then deals.won * deals.amount
                when 'deal_cycle_days_mean' then case when deals.cycle_days >= 0 then deals.won * deals.cycle_days end
                when 'deal_size_mean' then deals.won * deals.amount
            end
        ), 0) as numerator_again,
        coalesce(sum(
            case headlines.metric_id
                when 'attach_rate_count' then deals.won
                when 'attach_rate_amount' then deals.won * deals.amount
                when 'partner_revenue_share' then deals.won * deals.amount
                when 'win_rate_count' then case when deals.opportunity_id is not null then 1 end
                when 'win_rate_amount' then deals.amount
                when 'deal_cycle_days_mean' then case when deals.cycle_days >= 0 then deals.won end
                when 'deal_size_mean' then case when deals.amount is not null then deals.won end
            end
        ), 0) as denominator_again
    from headlines
    left join deals
        on
            deals.decided_date between headlines.period_start and headlines.period_end
            and headlines.dimension_value = case headlines.dimension
                when 'all' then 'all'
                when 'opportunity_type' then deals.opportunity_type
                when 'attached' then case when deals.is_attached then 'with' else 'without' end
            end
            and (
                headlines.dimension = 'opportunity_type'
                or headlines.metric_id not like 'win_rate%' and headlines.metric_id not like 'deal_%'
                or deals.opportunity_type <> 'renewal'
            )
    group by
        headlines.metric_id,
        headlines.period_grain,
        headlines.period_start,
        headlines.dimension,
        headlines.dimension_value,
        headlines.numerator,
        headlines.denominator,
        headlines.n
)

select * from recomputed
where numerator <> numerator_again or coalesce(denominator, denominator_again) <> denominator_again
