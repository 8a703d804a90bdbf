-- Lines of a metric and the deals that it is about are the same records.
with expected as (
    select opportunity_id, 'attach_rate_count' as metric_id
    from {{ ref('fct_opportunities') }}
    where is_eligible and state = 'won'

    union all

    select opportunity_id, 'win_rate_count'
    from {{ ref('fct_opportunities') }}
    where is_eligible and state in ('won', 'lost')
),

lines as (
    select record_id, metric_id
    from {{ ref('mart_metric_lines') }}
    where metric_id in ('attach_rate_count', 'win_rate_count')
)

select
    coalesce(expected.metric_id, lines.metric_id) as metric_id,
    coalesce(expected.opportunity_id, lines.record_id) as record_id
from expected
full outer join lines on expected.opportunity_id = lines.record_id and expected.metric_id = lines.metric_id
where expected.opportunity_id is null or lines.record_id is null
