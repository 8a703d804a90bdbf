-- How many business days there were up to a day: the difference of two of them is the business days between.
{%- set regions = ['na', 'latam', 'emea', 'apac'] %}
with days as (
    {%- for region in regions %}
    select
        '{{ region }}' as region,
        calendar.date_day,
        calendar.is_business_day_{{ region }} as is_business_day
    from {{ ref('dim_date') }} as calendar
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

final as (
    select
        days.region,
        days.date_day,
        days.is_business_day,
        cast(
            sum(case when days.is_business_day then 1 else 0 end) over (
                partition by days.region
                order by days.date_day
                rows between unbounded preceding and current row
            ) as bigint
        ) as business_days_so_far
    from days
)

select * from final
