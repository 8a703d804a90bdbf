-- Every link touches its deal, at the link's time.
with final as (
    select
        links.opportunity_id,
        links.partner_id,
        'link' as touch_kind,
        links.link_kind as source_id,
        links.linked_at as touched_at,
        {{ reporting_day('links.linked_at') }} as touched_date,
        false as is_bare_date
    from {{ ref('int_opportunity__partner_links') }} as links
)

select * from final
