{#- Values of export files. The lake keeps them as text: intake writes each type in one way, and what did not fit stays
    as delivered. So only what has the written form is read; anything else is NULL. Without the look at the form DuckDB
    would take 1.6 for the whole number 2, and `epoch` or `infinity` for days. -#}

{#- The text as `type`, NULL where it is none (a 31st of February, too many digits). -#}
{% macro cast_or_null(text, type) -%}
    {{ return(adapter.dispatch('cast_or_null')(text, type)) }}
{%- endmacro %}

{% macro default__cast_or_null(text, type) -%}
    case when pg_input_is_valid({{ text }}, '{{ type }}') then cast({{ text }} as {{ type }}) end
{%- endmacro %}

{% macro duckdb__cast_or_null(text, type) -%}
    try_cast({{ text }} as {{ type }})
{%- endmacro %}

{% macro spark__cast_or_null(text, type) -%}
    try_cast({{ text }} as {{ type }})
{%- endmacro %}

{#- `2026-06-30` -#}
{% macro exported_date(text) -%}
    case
        when {{ text }} like '____-__-__' and translate({{ text }}, '0123456789', '') = '--'
            then {{ cast_or_null(text, 'date') }}
    end
{%- endmacro %}

{#- `2026-06-30T14:05:00Z`, always UTC -#}
{% macro exported_instant(text) -%}
    case
        when {{ text }} like '____-__-__T__:__:__%Z'
            then {{ cast_or_null("replace(replace(" ~ text ~ ", 'T', ' '), 'Z', '')", 'timestamp') }}
    end
{%- endmacro %}

{#- `-1234.50` as DECIMAL(18, places); more decimals are rounded half away from zero -#}
{% macro exported_number(text, places) -%}
    case
        when translate({{ text }}, '0123456789', '') in ('', '.', '-', '-.')
            then {{ cast_or_null(text, 'numeric(18,' ~ places ~ ')') }}
    end
{%- endmacro %}

{#- A whole number -#}
{% macro exported_integer(text) -%}
    case when translate({{ text }}, '0123456789', '') in ('', '-') then {{ cast_or_null(text, 'bigint') }} end
{%- endmacro %}

{% macro exported_boolean(text) -%}
    case {{ text }} when 'true' then true when 'false' then false end
{%- endmacro %}

{#- Whole minor units (cents) as an amount with two decimals -#}
{% macro exported_minor_units(text) -%}
    cast(
        case
            when translate({{ text }}, '0123456789', '') in ('', '-') then {{ cast_or_null(text, 'numeric(16,0)') }}
        end * cast(0.01 as numeric(3, 2))
        as numeric(18, 2)
    )
{%- endmacro %}
