{#- All gaps of all rules that were evaluated. -#}
with rules as (
    {%- for rule in gap_rules() %}
    select * from {{ ref('rule_' ~ rule) }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

final as (
    select
        {{ dbt.hash("concat(rules.rule_id, '|', rules.entity_type, '|', rules.entity_id)") }} as gap_id,
        rules.rule_id,
        rules.source,
        rules.entity_type,
        rules.entity_id,
        rules.partner_id,
        rules.severity,
        rules.title,
        rules.evidence,
        rules.record_url,
        rules.existed_since,
        rules.due_on,
        rules.revenue_at_stake
    from rules
    inner join {{ ref('int_gap__rule_states') }} as states
        on rules.rule_id = states.rule_id and states.state = 'evaluated'
)

select * from final
