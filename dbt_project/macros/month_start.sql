{#- First day of the month with the given number of months since year 0 (year × 12 + month − 1). -#}
{% macro month_start(month_index) -%}
    make_date(
        cast({{ whole_quotient('(' ~ month_index ~ ')', '12') }} as integer),
        cast(mod({{ month_index }}, 12) + 1 as integer),
        1
    )
{%- endmacro %}
