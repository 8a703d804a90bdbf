-- Days of each region with the number of business days up to and including the day, so that business days are counted and
-- added by arithmetic and never by stepping from day to day.
{% set regions = business_regions() %}
with days as (
    {%- for region in regions %}
    select '{{ region }}' as region, date_day, is_business_day_{{ region }} as is_business_day
    from {{ ref('dim_date') }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
),

final as (
    select
        days.region,
        days.date_day,
        days.is_business_day,
        sum(case when days.is_business_day then 1 else 0 end) over (partition by days.region order by days.date_day)
            as business_day_number
    from days
)

select * from final
