-- The three buckets exclude each other and leave nothing out: sourced, else influenced, else direct.
with deals as (
    select * from {{ ref('int_opportunity__state') }}
    where state <> 'not_yet_created'
),

linked as (
    select links.opportunity_id, count(distinct links.partner_id) as linked_partners
    from {{ ref('int_opportunity__partner_links') }} as links
    group by links.opportunity_id
),

touched as (
    select
        touches.opportunity_id,
        count(distinct touches.partner_id) as touching_partners,
        min(touches.touched_at) as first_touch_at,
        max(touches.touched_at) as last_touch_at
    from {{ ref('int_opportunity__touches') }} as touches
    where touches.is_in_window
    group by touches.opportunity_id
),

final as (
    select
        deals.opportunity_id,
        linked.opportunity_id is not null as is_attached,
        case
            when sourcing.opportunity_id is not null then 'sourced'
            when touched.opportunity_id is not null then 'influenced'
            else 'direct'
        end as bucket,
        sourcing.sourced_rule,
        sourcing.partner_id as sourcing_partner_id,
        sourcing.source_record_id as sourcing_record_id,
        coalesce(linked.linked_partners, 0) as linked_partners,
        coalesce(touched.touching_partners, 0) as touching_partners,
        touched.first_touch_at,
        touched.last_touch_at
    from deals
    left join linked on deals.opportunity_id = linked.opportunity_id
    left join touched on deals.opportunity_id = touched.opportunity_id
    left join {{ ref('int_opportunity__sourcing') }} as sourcing on deals.opportunity_id = sourcing.opportunity_id
)

select * from final
