{#- True where any row of the group is true. Neither bool_or nor `max(boolean)` exists everywhere. -#}
{% macro any_true(condition) -%}
    max(case when {{ condition }} then 1 else 0 end) = 1
{%- endmacro %}
