{#- Exact division. DECIMAL ÷ DECIMAL is DOUBLE in DuckDB (8 of 202,000 tried conversions were a cent off), and each
    engine has its own scale for quotients, so we divide whole numbers and round half away from zero ourselves. -#}

{#- Quotient of two whole numbers, cut off towards zero, as a whole number; both arguments non-negative. -#}
{% macro whole_quotient(dividend, divisor) -%}
    {{ return(adapter.dispatch('whole_quotient')(dividend, divisor)) }}
{%- endmacro %}

{% macro default__whole_quotient(dividend, divisor) -%}
    div({{ dividend }}, {{ divisor }})
{%- endmacro %}

{% macro duckdb__whole_quotient(dividend, divisor) -%}
    ({{ dividend }} // {{ divisor }})
{%- endmacro %}

{#- Spark's div gives BIGINT and would overflow; a dividend that is divisible divides exactly in DECIMAL. -#}
{% macro spark__whole_quotient(dividend, divisor) -%}
    (({{ dividend }} - mod({{ dividend }}, {{ divisor }})) / {{ divisor }})
{%- endmacro %}

{#- The type of whole numbers up to 38 digits. -#}
{% macro whole_type() -%}
    {{ return(adapter.dispatch('whole_type')()) }}
{%- endmacro %}

{% macro default__whole_type() -%} numeric(38, 0) {%- endmacro %}

{#- As fast as an integer and wide enough: 2 × 10^18 × 10^6 has 25 digits, HUGEINT holds 38. -#}
{% macro duckdb__whole_type() -%} hugeint {%- endmacro %}

{#- |value| × 10^places as a whole number. -#}
{% macro whole_units(value, places) -%}
    abs(cast(cast({{ value }} as numeric(38, {{ places }})) * 1{{ "0" * places }} as {{ whole_type() }}))
{%- endmacro %}

{#- numerator ÷ denominator as DECIMAL(18, places), rounded half away from zero; NULL where the denominator is 0 or NULL.
    `numerator_places`, `denominator_places`: the decimals of the arguments. -#}
{% macro divide_exactly(numerator, denominator, numerator_places, denominator_places, places) -%}
    {%- set shift = denominator_places + places - numerator_places -%}
    {%- set above = whole_units(numerator, numerator_places) ~ " * 1" ~ "0" * ([shift, 0] | max) -%}
    {%- set below = whole_units(denominator, denominator_places) ~ " * 1" ~ "0" * ([-shift, 0] | max) -%}
    case
        when {{ denominator }} <> 0
            then cast(
                case when ({{ numerator }} < 0) <> ({{ denominator }} < 0) then -1 else 1 end
                * cast({{ whole_quotient("(2 * " ~ above ~ " + " ~ below ~ ")", "(2 * " ~ below ~ ")") }} as numeric(18, 0))
                * cast(0.{{ "0" * (places - 1) }}1 as numeric({{ places + 1 }}, {{ places }}))
                as numeric(18, {{ places }})
            )
    end
{%- endmacro %}

{#- An amount (two decimals) ÷ a conversion rate (six decimals), to the cent, half away from zero. Equal to
    (abs(amount) / rate).quantize(Decimal("0.01"), ROUND_HALF_UP) with the amount's sign in Python. -#}
{% macro divide_money(amount, rate) -%}
    {{ divide_exactly(amount, rate, 2, 6, 2) }}
{%- endmacro %}

{#- A published rate or mean: numerator ÷ denominator, both sums with six decimals, rounded once to six decimals. -#}
{% macro safe_divide(numerator, denominator) -%}
    {{ divide_exactly(numerator, denominator, 6, 6, 6) }}
{%- endmacro %}
