{#- One entry per metric: which decided deals are its lines, and what each adds above and below. NULL in all three: the line
    is in scope but cannot be counted (no amount, a negative cycle), and is counted as excluded. -#}
{%- set amount_if_won = "case when deals.state = 'won' or deals.amount is null then deals.amount else 0 end" -%}
{%- set metrics = [
    ('attach_rate_count', "deals.state = 'won'", 'case when deals.is_attached then 1 else 0 end', '1', none),
    ('attach_rate_amount', "deals.state = 'won'",
        'case when deals.is_attached or deals.amount is null then deals.amount else 0 end', 'deals.amount', none),
    ('sourced_revenue', "deals.state = 'won' and deals.bucket = 'sourced'", 'deals.amount', none, none),
    ('influenced_revenue', "deals.state = 'won' and deals.bucket = 'influenced'", 'deals.amount', none, none),
    ('direct_revenue', "deals.state = 'won' and deals.bucket = 'direct'", 'deals.amount', none, none),
    ('partner_revenue_share', "deals.state = 'won'",
        "case when deals.bucket <> 'direct' or deals.amount is null then deals.amount else 0 end", 'deals.amount', none),
    ('win_rate_count', "deals.state in ('won', 'lost')", "case when deals.state = 'won' then 1 else 0 end", '1', none),
    ('win_rate_amount', "deals.state in ('won', 'lost')", amount_if_won, 'deals.amount', none),
    ('deal_size_mean', "deals.state = 'won'", 'deals.amount', 'case when deals.amount is not null then 1 end',
        'deals.amount'),
    ('deal_cycle_days_mean', "deals.state = 'won'", 'deals.usable_cycle_days',
        'case when deals.usable_cycle_days is not null then 1 end', 'deals.usable_cycle_days'),
    ('deal_cycle_days_median', "deals.state = 'won'", none, none, 'deals.usable_cycle_days'),
] -%}
{#- Metrics that leave renewals out, except where the dimension is about the opportunity type. -#}
{%- set without_renewals = [
    'win_rate_count', 'win_rate_amount', 'deal_size_mean', 'deal_cycle_days_mean', 'deal_cycle_days_median'
] -%}
with deals as (
    select * from {{ ref('int_metric__decided_deals') }}
),

final as (
    {%- for metric_id, scope, above, below, measure in metrics %}
    select
        {{ line_columns(metric_id, 'Opportunity', {
            'record_id': 'deals.opportunity_id',
            'record_url': 'deals.record_url',
            'event_date': 'deals.decided_date',
            'numerator': above,
            'denominator': below,
            'measure': measure,
            'opportunity_type': 'deals.opportunity_type',
            'account_region': 'deals.account_region',
            'size_band': 'deals.size_band',
            'attached': 'deals.attached',
            'only_by_opportunity_type': "deals.opportunity_type = 'renewal'" if metric_id in without_renewals else none,
        }) }}
    from deals
    where {{ scope }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
)

select * from final
