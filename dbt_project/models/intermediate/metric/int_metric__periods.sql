-- The fiscal periods that numbers exist for: from the first created deal or decision to the as-of day. A trailing period
-- is the four quarters that end with a quarter that is over. What holds on the as-of day has that day for a period.
with first_record as (
    select
        least(
            min(deals.created_date),
            min(case when deals.state in ('won', 'lost') then deals.decided_date end)
        ) as first_day
    from {{ ref('fct_opportunities') }} as deals
    where deals.is_eligible
),

days as (
    select * from {{ ref('dim_date') }}
),

listed as (
    select distinct 'month' as period_grain, month_start_date as period_start, month_end_date as period_end
    from days

    union all

    select distinct 'quarter', quarter_start_date, quarter_end_date
    from days

    union all

    select distinct 'year', year_start_date, year_end_date
    from days

    union all

    select distinct
        'trailing_4q',
        {{ month_start('extract(year from days.next_day) * 12 + extract(month from days.next_day) - 1 - 12') }},
        days.quarter_end_date
    from (
        select quarter_end_date, {{ date_plus_days('quarter_end_date', 1) }} as next_day
        from days
    ) as days

    union all

    select 'as_of', {{ as_of() }}, {{ as_of() }}
),

relevant as (
    select listed.*
    from listed
    cross join first_record
    where
        listed.period_end >= first_record.first_day
        and listed.period_start <= {{ as_of() }}
        and (listed.period_grain <> 'trailing_4q' or listed.period_end <= {{ as_of() }})
),

final as (
    select
        relevant.period_grain,
        relevant.period_start,
        relevant.period_end,
        lag(relevant.period_start) over (partition by relevant.period_grain order by relevant.period_end)
            as prior_period_start,
        relevant.period_end <= {{ as_of() }} as is_complete_period
    from relevant
)

select * from final
