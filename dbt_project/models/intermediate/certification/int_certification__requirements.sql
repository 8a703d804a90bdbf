-- How many certified people a tier asks for, by the newest export of the portal's tiers. Should two of its tiers mean the
-- same tier of ours, the stricter one holds.
with final as (
    select
        tier_map.tier,
        max(tiers.certified_people_required) as people_required
    from {{ ref('stg_impartner__tiers') }} as tiers
    inner join {{ ref('tier_map') }} as tier_map on tiers.tier_name = tier_map.source_tier
    where tiers.certified_people_required > 0
    group by tier_map.tier
)

select * from final
