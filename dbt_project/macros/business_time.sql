{#- Business hours are 09:00 to 17:00 UTC on the business days of a region. -#}

{#- The regions that have a calendar of their own; dim_date has a column of business days for each. -#}
{% macro business_regions() -%}
    {{ return(['na', 'latam', 'emea', 'apac']) }}
{%- endmacro %}

{#- The calendar that a partner's business days are counted by: its region's, North America's where that is unknown. -#}
{% macro business_region(region) -%}
    case
        when {{ region }} in ('{{ business_regions() | join("', '") }}') then {{ region }}
        else '{{ business_regions() | first }}'
    end
{%- endmacro %}

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
