-- Partners' credited revenue of a quarter adds up to sourced and to influenced revenue of that quarter, to the cent.
with partners as (
    select
        quarter_start_date,
        sum(sourced_revenue) as sourced_revenue,
        sum(influenced_revenue) as influenced_revenue
    from {{ ref('mart_partner_scorecard') }}
    group by quarter_start_date
),

headlines as (
    select
        period_start as quarter_start_date,
        max(case when metric_id = 'sourced_revenue' then value end) as sourced_revenue,
        max(case when metric_id = 'influenced_revenue' then value end) as influenced_revenue
    from {{ ref('mart_headline_metrics') }}
    where period_grain = 'quarter' and dimension = 'all'
    group by period_start
)

select
    coalesce(headlines.quarter_start_date, partners.quarter_start_date) as quarter_start_date,
    headlines.sourced_revenue,
    partners.sourced_revenue as sourced_revenue_of_partners,
    headlines.influenced_revenue,
    partners.influenced_revenue as influenced_revenue_of_partners
from headlines
full outer join partners on headlines.quarter_start_date = partners.quarter_start_date
where
    coalesce(headlines.sourced_revenue, 0) <> coalesce(partners.sourced_revenue, 0)
    or coalesce(headlines.influenced_revenue, 0) <> coalesce(partners.influenced_revenue, 0)
