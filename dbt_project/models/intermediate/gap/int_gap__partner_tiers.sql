-- The two places in which the CRM keeps a partner's tier; NULL where a place is empty or says what the seed does not know.
with final as (
    select
        partners.partner_id,
        field_tiers.tier as account_tier,
        level_tiers.tier as programme_tier
    from {{ ref('int_partner__accounts') }} as partners
    inner join {{ ref('int_account__current') }} as accounts on partners.account_id = accounts.account_id
    left join {{ ref('int_partner__programme') }} as programmes on partners.partner_id = programmes.partner_id
    left join {{ ref('tier_map') }} as level_tiers on programmes.level_name = level_tiers.source_tier
    left join {{ ref('tier_map') }} as field_tiers on accounts.partner_tier = field_tiers.source_tier
    where partners.account_id = partners.partner_account_id
)

select * from final
