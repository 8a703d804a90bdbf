-- Two rows of the portal for one tier: the stricter one counts.
with final as (
    select
        tier_map.tier,
        max(tiers.certified_people_required) as certified_people_required
    from {{ ref('stg_impartner__tiers') }} as tiers
    inner join {{ ref('tier_map') }} as tier_map on {{ plain_tier('tiers.tier_name') }} = tier_map.source_tier
    group by tier_map.tier
)

select * from final
