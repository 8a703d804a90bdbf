{#- The day that every number is about (DATE). Bind writes it into a table, so a new day needs no new parse. -#}
{% macro as_of() -%}
    (select clock.as_of from {{ ref('stg_partnerops__clock') }} as clock)
{%- endmacro %}

{#- The day (DATE) in the reporting time zone on which an instant (UTC TIMESTAMP) lies. -#}
{% macro reporting_day(instant) -%}
    {{ return(adapter.dispatch('reporting_day')(instant)) }}
{%- endmacro %}

{#- Two steps because the zone's name comes from a table; the UTC branch is a plain cast, the other one costs ten times
    as much. timezone(zone, timestamp) exists in DuckDB and PostgreSQL alike. -#}
{% macro default__reporting_day(instant) -%}
    case
        when (select clock.reporting_time_zone from {{ ref('stg_partnerops__clock') }} as clock) = 'UTC'
            then cast({{ instant }} as date)
        else cast(
            timezone(
                (select clock.reporting_time_zone from {{ ref('stg_partnerops__clock') }} as clock),
                timezone('UTC', {{ instant }})
            ) as date
        )
    end
{%- endmacro %}

{% macro spark__reporting_day(instant) -%}
    cast(
        from_utc_timestamp(
            {{ instant }},
            (select clock.reporting_time_zone from {{ ref('stg_partnerops__clock') }} as clock)
        ) as date
    )
{%- endmacro %}

{#- The instant (UTC TIMESTAMP) at which a day of the reporting time zone starts. A bare date stands there when it is
    ordered against instants. -#}
{% macro day_start(day) -%}
    {{ return(adapter.dispatch('day_start')(day)) }}
{%- endmacro %}

{% macro default__day_start(day) -%}
    case
        when (select clock.reporting_time_zone from {{ ref('stg_partnerops__clock') }} as clock) = 'UTC'
            then cast({{ day }} as timestamp)
        else timezone(
            'UTC',
            timezone(
                (select clock.reporting_time_zone from {{ ref('stg_partnerops__clock') }} as clock),
                cast({{ day }} as timestamp)
            )
        )
    end
{%- endmacro %}

{% macro spark__day_start(day) -%}
    to_utc_timestamp(
        cast({{ day }} as timestamp),
        (select clock.reporting_time_zone from {{ ref('stg_partnerops__clock') }} as clock)
    )
{%- endmacro %}
