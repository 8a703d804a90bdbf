{#- A date moved by a whole number of days. -#}
{% macro date_plus_days(day, days) -%}
    {{ return(adapter.dispatch('date_plus_days')(day, days)) }}
{%- endmacro %}

{% macro default__date_plus_days(day, days) -%}
    ({{ day }} + cast({{ days }} as integer))
{%- endmacro %}

{% macro spark__date_plus_days(day, days) -%}
    date_add({{ day }}, cast({{ days }} as integer))
{%- endmacro %}

{#- A UTC timestamp moved by multiples of 24 hours. -#}
{% macro instant_plus_days(instant, days) -%}
    {{ return(adapter.dispatch('instant_plus_days')(instant, days)) }}
{%- endmacro %}

{% macro default__instant_plus_days(instant, days) -%}
    ({{ instant }} + interval '1 day' * cast({{ days }} as integer))
{%- endmacro %}

{% macro spark__instant_plus_days(instant, days) -%}
    ({{ instant }} + make_dt_interval(cast({{ days }} as integer)))
{%- endmacro %}

{#- Whole days from the first date to the second, negative when the second is earlier. Not dbt.datediff: that one counts
    boundaries and its argument order is easily swapped. -#}
{% macro days_between(first_day, second_day) -%}
    {{ return(adapter.dispatch('days_between')(first_day, second_day)) }}
{%- endmacro %}

{% macro default__days_between(first_day, second_day) -%}
    cast({{ second_day }} - {{ first_day }} as bigint)
{%- endmacro %}

{% macro spark__days_between(first_day, second_day) -%}
    cast(datediff({{ second_day }}, {{ first_day }}) as bigint)
{%- endmacro %}

{#- ISO number of the day in the week: Monday is 1, Sunday is 7. -#}
{% macro iso_weekday(day) -%}
    {{ return(adapter.dispatch('iso_weekday')(day)) }}
{%- endmacro %}

{% macro default__iso_weekday(day) -%}
    extract(isodow from {{ day }})
{%- endmacro %}

{% macro spark__iso_weekday(day) -%}
    (weekday({{ day }}) + 1)
{%- endmacro %}
