{#- Business hours are 09:00 to 17:00 UTC on the business days of a region. -#}

{#- Business seconds of an instant's own day that have passed by then (0 to 28,800), whole seconds. -#}
{% macro business_seconds_of_day(instant) -%}
    least(
        greatest(
            extract(hour from {{ instant }}) * 3600
            + extract(minute from {{ instant }}) * 60
            + cast(floor(extract(second from {{ instant }})) as integer)
            - 32400,
            0
        ),
        28800
    )
{%- endmacro %}

{#- Business seconds from the first day of the calendar to an instant. `day`: its row of int_calendar__business_days. The
    difference of two such numbers is the business time between two instants. -#}
{% macro business_seconds(instant, day) -%}
    case
        when {{ day }}.is_business_day
            then ({{ day }}.business_day_number - 1) * 28800 + {{ business_seconds_of_day(instant) }}
        else {{ day }}.business_day_number * 28800
    end
{%- endmacro %}
