-- What the history says about a deal on the as-of day: the last event on or before it, and for a lost deal the day of
-- the first event of the last unbroken run of lost ones. Equal instants: the greater id is later.
with events as (
    select
        history.opportunity_id,
        history.stage_name,
        history.amount,
        history.close_date,
        history.created_date,
        coalesce(stage_map.stage_category, 'unknown') as stage_category,
        row_number() over (
            partition by history.opportunity_id
            order by history.created_at, history.opportunity_history_id
        ) as event_number
    from {{ ref('stg_salesforce__opportunity_history') }} as history
    left join {{ ref('stage_map') }} as stage_map on history.stage_name = stage_map.stage_name
    where history.created_date <= {{ as_of() }}
),

runs as (
    select
        events.opportunity_id,
        max(events.event_number) as last_event_number,
        max(case when events.stage_category = 'lost' then 0 else events.event_number end) as last_not_lost_number
    from events
    group by events.opportunity_id
),

final as (
    select
        runs.opportunity_id,
        last_event.stage_name,
        last_event.amount,
        last_event.close_date,
        first_lost_event.created_date as lost_date
    from runs
    inner join events as last_event
        on runs.opportunity_id = last_event.opportunity_id and runs.last_event_number = last_event.event_number
    -- beyond the last event, and so absent, unless the deal ends lost
    left join events as first_lost_event
        on
            runs.opportunity_id = first_lost_event.opportunity_id
            and runs.last_not_lost_number + 1 = first_lost_event.event_number
)

select * from final
