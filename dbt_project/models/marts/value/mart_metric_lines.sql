{#- One entry per metric: which decided deals are its lines, and what each adds above and below. NULL above and below:
    the line is in scope but has no amount, and is counted as excluded. -#}
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
    ('deal_size_mean', "deals.state = 'won'", 'deals.amount', 'case when deals.amount is not null then 1 end',
        'deals.amount'),
] -%}
{#- Metrics that leave renewals out, except where the dimension is about the opportunity type. -#}
{%- set without_renewals = ['win_rate_count', 'deal_size_mean'] -%}
with deals as (
    select * from {{ ref('int_metric__decided_deals') }}
),

final as (
    {%- for metric_id, scope, above, below, measure in metrics %}
    select
        '{{ metric_id }}' as metric_id,
        'Opportunity' as object,
        deals.opportunity_id as record_id,
        deals.record_url,
        cast(null as {{ dbt.type_string() }}) as partner_id,
        deals.decided_date as event_date,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to,
        cast({{ above }} as numeric(18, 6)) as numerator,
        cast({{ below or 'null' }} as numeric(18, 6)) as denominator,
        cast({{ measure or 'null' }} as numeric(18, 6)) as measure,
        deals.opportunity_type,
        deals.account_region,
        deals.size_band,
        deals.attached,
        {% if metric_id in without_renewals -%}
        deals.opportunity_type = 'renewal'
        {%- else -%}
        false
        {%- endif %} as only_by_opportunity_type
    from deals
    where {{ scope }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
)

select * from final
