with partners as (
    select accounts.*, partner_accounts.partner_id
    from {{ ref('int_account__current') }} as accounts
    inner join {{ ref('int_partner__accounts') }} as partner_accounts on accounts.account_id = partner_accounts.account_id
),

-- the first win in which the partner stood on the deal
first_wins as (
    select links.partner_id, min(deals.decided_date) as first_deal_date
    from {{ ref('int_opportunity__partner_links') }} as links
    inner join {{ ref('int_opportunity__state') }} as deals on links.opportunity_id = deals.opportunity_id
    where deals.state = 'won' and deals.ineligible_reason is null
    group by links.partner_id
),

final as (
    select
        partners.partner_id,
        partners.account_id as salesforce_account_id,
        {{ record_url('Account', 'partners.account_id') }} as record_url,
        partners.account_name as partner_name,
        coalesce(partner_type_map.partner_type, 'unknown') as partner_type,
        programmes.programme_name,
        coalesce(level_tiers.tier, field_tiers.tier, 'unknown') as tier,
        case
            when level_tiers.tier is not null then 'programme'
            when field_tiers.tier is not null then 'account'
        end as tier_source,
        coalesce(partner_status_map.partner_status, 'unknown') as partner_status,
        coalesce(partner_status_map.partner_status = 'active', false) as is_active,
        partners.region as partner_region,
        partners.country_code,
        partners.domain,
        coalesce(partners.partner_manager_id, partners.owner_id) as owner_id,
        parents.partner_id as parent_partner_id,
        partners.created_at,
        partners.partner_signed_date as signed_date,
        partners.partner_onboarded_date as onboarded_date,
        first_wins.first_deal_date,
        partners.created_date <= {{ as_of() }} as is_created_by_as_of
    from partners
    left join {{ ref('partner_type_map') }} as partner_type_map on partners.partner_type = partner_type_map.source_type
    left join {{ ref('int_partner__programme') }} as programmes on partners.partner_id = programmes.partner_id
    left join {{ ref('tier_map') }} as level_tiers on programmes.level_name = level_tiers.source_tier
    left join {{ ref('tier_map') }} as field_tiers on partners.partner_tier = field_tiers.source_tier
    left join {{ ref('partner_status_map') }} as partner_status_map
        on partners.partner_status = partner_status_map.source_status
    left join {{ ref('int_partner__accounts') }} as parents on partners.parent_account_id = parents.account_id
    left join first_wins on partners.partner_id = first_wins.partner_id
)

select * from final
