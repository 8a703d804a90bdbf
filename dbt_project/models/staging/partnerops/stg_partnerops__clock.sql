with final as (
    select
        clock.as_of,
        clock.known_at,
        clock.reporting_time_zone
    from {{ source('meta', 'clock') }} as clock
)

select * from final
