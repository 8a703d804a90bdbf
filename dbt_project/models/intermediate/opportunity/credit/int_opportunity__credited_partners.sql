-- Who shares the credit for a sourced or influenced deal: the linked partners; if there are none, those who touched it.
with deals as (
    select influence.*
    from {{ ref('int_opportunity__influence') }} as influence
    where influence.bucket <> 'direct'
),

linked as (
    select
        links.opportunity_id,
        links.partner_id,
        {{ any_true('links.is_primary') }} as is_primary
    from {{ ref('int_opportunity__partner_links') }} as links
    group by links.opportunity_id, links.partner_id
),

touching as (
    select
        touches.opportunity_id,
        touches.partner_id,
        min(touches.touched_at) as first_touch_at,
        max(touches.touched_at) as last_touch_at
    from {{ ref('int_opportunity__touches') }} as touches
    where touches.is_in_window
    group by touches.opportunity_id, touches.partner_id
),

-- every linked partner also touches, for a link is a touch inside the window
final as (
    select
        deals.opportunity_id,
        touching.partner_id,
        deals.sourcing_partner_id is not null and deals.sourcing_partner_id = touching.partner_id as is_sourcing,
        coalesce(linked.is_primary, false) as is_primary,
        touching.first_touch_at,
        touching.last_touch_at
    from deals
    inner join touching on deals.opportunity_id = touching.opportunity_id
    left join linked on touching.opportunity_id = linked.opportunity_id and touching.partner_id = linked.partner_id
    where linked.partner_id is not null or not deals.is_attached
)

select * from final
