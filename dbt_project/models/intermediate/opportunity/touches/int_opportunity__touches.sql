{%- set kinds = ['link', 'registration', 'campaign', 'activity'] -%}
-- All touches, and whether each lies in the window of influence: from the lookback before the deal's creation (hours
-- between instants, days where the touch has only a date) to the deal's cutoff day.
with touches as (
    {%- for kind in kinds %}
    select opportunity_id, partner_id, touch_kind, source_id, touched_at, touched_date, is_bare_date
    from {{ ref('int_opportunity__touches_' ~ kind) }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
),

final as (
    select
        touches.*,
        touches.touched_date <= deals.cutoff_date
        and case
            when touches.is_bare_date
                then touches.touched_date
                    >= {{ date_plus_days('deals.created_date', '-' ~ policy('influence_lookback_days')) }}
            else touches.touched_at
                >= {{ instant_plus_days('deals.created_at', '-' ~ policy('influence_lookback_days')) }}
        end as is_in_window
    from touches
    inner join {{ ref('int_opportunity__state') }} as deals on touches.opportunity_id = deals.opportunity_id
)

select * from final
