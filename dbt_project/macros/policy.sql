{#- A number or word of the programme's policy, as `type`: the seed's default unless the lake's partnerops/policy has an
    override that is in force on the as-of day. -#}
{% macro policy(name, type='integer') -%}
    (select cast(rule.value as {{ type }}) from {{ ref('int_policy__current') }} as rule where rule.name = '{{ name }}')
{%- endmacro %}
