{#- What a registration's status comes to, where two systems name the same differently; NULL for an unknown one. -#}
{% macro registration_class(status) -%}
    case
        when {{ status }} in ('draft', 'submitted', 'in_review', 'info_requested') then 'open'
        when {{ status }} in ('rejected', 'revoked') then 'refused'
        when {{ status }} in ('approved', 'withdrawn', 'expired', 'converted') then {{ status }}
    end
{%- endmacro %}

{#- The canonical tier's name in the seed tier_map for a tier as a system writes it: "Gold Partner" is Gold. -#}
{% macro plain_tier(tier) -%}
    regexp_replace(trim({{ tier }}), ' +Partner$', '')
{%- endmacro %}
