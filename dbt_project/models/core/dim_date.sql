-- Days from policy bounds, not from the clock, so that the calendar is the same whatever day it is built on.
with bounds as (
    select
        {{ policy('calendar_start_date', 'date') }} as first_day,
        {{ policy('calendar_end_date', 'date') }} as last_day,
        {{ policy('fiscal_year_start_month') }} as fiscal_start_month
),

digits as (
    {%- for digit in range(10) %}
    select {{ digit }} as digit{% if not loop.last %} union all{% endif %}
    {%- endfor %}
),

numbers as (
    select ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit + 10000 * ten_thousands.digit
        as number
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
    cross join digits as ten_thousands
),

days as (
    select
        {{ date_plus_days('bounds.first_day', 'numbers.number') }} as date_day,
        bounds.fiscal_start_month
    from bounds
    inner join numbers on {{ date_plus_days('bounds.first_day', 'numbers.number') }} <= bounds.last_day
),

parts as (
    select
        days.date_day,
        days.fiscal_start_month,
        cast(extract(year from days.date_day) as integer) as calendar_year,
        cast(extract(month from days.date_day) as integer) as calendar_month,
        cast(extract(day from days.date_day) as integer) as day_of_month,
        cast({{ iso_weekday('days.date_day') }} as integer) as day_of_week
    from days
),

fiscal as (
    select
        parts.*,
        -- months since year 0, for arithmetic that carries over the turn of a year
        parts.calendar_year * 12 + parts.calendar_month - 1 as month_index,
        mod(parts.calendar_month - parts.fiscal_start_month + 12, 12) as fiscal_month_offset
    from parts
),

starts as (
    select
        fiscal.*,
        make_date(fiscal.calendar_year, fiscal.calendar_month, 1) as month_start_date,
        {{ month_start('fiscal.month_index + 1') }} as next_month_start_date,
        {{ month_start('fiscal.month_index - mod(fiscal.fiscal_month_offset, 3)') }} as quarter_start_date,
        {{ month_start('fiscal.month_index - mod(fiscal.fiscal_month_offset, 3) + 3') }} as next_quarter_start_date,
        {{ month_start('fiscal.month_index - fiscal.fiscal_month_offset') }} as year_start_date,
        {{ month_start('fiscal.month_index - fiscal.fiscal_month_offset + 12') }} as next_year_start_date
    from fiscal
),

ends as (
    select
        starts.*,
        {{ date_plus_days('starts.next_month_start_date', -1) }} as month_end_date,
        {{ date_plus_days('starts.next_quarter_start_date', -1) }} as quarter_end_date,
        {{ date_plus_days('starts.next_year_start_date', -1) }} as year_end_date
    from starts
),

final as (
    select
        ends.date_day,
        cast(ends.calendar_year as bigint) as calendar_year,
        cast(ends.calendar_month as bigint) as calendar_month,
        cast(ends.day_of_week as bigint) as day_of_week,
        cast(extract(year from ends.year_end_date) as bigint) as fiscal_year,
        cast(1 + {{ whole_quotient('ends.fiscal_month_offset', '3') }} as bigint) as fiscal_quarter,
        cast(1 + ends.fiscal_month_offset as bigint) as fiscal_month,
        concat(
            cast(extract(year from ends.year_end_date) as {{ dbt.type_string() }}),
            '-Q',
            cast(1 + {{ whole_quotient('ends.fiscal_month_offset', '3') }} as {{ dbt.type_string() }})
        ) as fiscal_quarter_name,
        ends.month_start_date,
        ends.month_end_date,
        ends.quarter_start_date,
        ends.quarter_end_date,
        ends.year_start_date,
        ends.year_end_date,
        {%- for region in business_regions() %}
        ends.day_of_week <= 5 and not exists (
            select 1
            from {{ ref('holidays') }} as holidays
            where
                holidays.region in ('all', '{{ region }}')
                and holidays.month_of_year = ends.calendar_month
                and holidays.day_of_month = ends.day_of_month
        ) as is_business_day_{{ region }},
        {%- endfor %}
        ends.day_of_week <= 5 and not exists (
            select 1
            from {{ ref('holidays') }} as holidays
            where
                holidays.region = 'all'
                and holidays.month_of_year = ends.calendar_month
                and holidays.day_of_month = ends.day_of_month
        ) as is_business_day
    from ends
)

select * from final
