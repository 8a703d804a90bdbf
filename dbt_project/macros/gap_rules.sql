{#- The rules that look for gaps: each is a model rule_<id> and a row of the seed dq_rule_policy. -#}
{% macro gap_rules() -%}
    {{ return([
        'co_03',
        'dr_01',
        'dr_02',
        'dr_06',
        'dr_07',
        'fi_03',
        'id_01',
        'lc_01',
        'md_03',
        'md_04',
        'sy_01',
        'ti_01'
    ]) }}
{%- endmacro %}

{#- A number beyond which a rule speaks of a gap. -#}
{% macro rule_threshold(rule_id, name) -%}
    (
        select cast(threshold.value as integer)
        from {{ ref('dq_rule_thresholds') }} as threshold
        where threshold.rule_id = '{{ rule_id }}' and threshold.name = '{{ name }}'
    )
{%- endmacro %}

{#- The severity that the policy gives a rule. -#}
{% macro rule_severity(rule_id) -%}
    (select rule.severity from {{ ref('dq_rule_policy') }} as rule where rule.rule_id = '{{ rule_id }}')
{%- endmacro %}
