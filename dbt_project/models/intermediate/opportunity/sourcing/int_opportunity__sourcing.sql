{#- The order of this list is the order of the rules: the first that fires wins. -#}
{%- set rules = ['deal_registration', 'partner_lead', 'lead_source'] -%}
with fired as (
    {%- for rule in rules %}
    select {{ loop.index }} as rule_number, opportunity_id, partner_id, sourced_rule, source_record_id
    from {{ ref('int_opportunity__sourcing_' ~ rule) }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
),

ranked as (
    select
        fired.*,
        row_number() over (partition by fired.opportunity_id order by fired.rule_number) as place
    from fired
),

final as (
    select
        ranked.opportunity_id,
        ranked.partner_id,
        ranked.sourced_rule,
        ranked.source_record_id
    from ranked
    where ranked.place = 1
)

select * from final
