-- Link kind (a): a partner listed on the deal in a role that is not a competitor's or a customer's. Mirror rows name the
-- deal's own account in the customer's role and fall out; several rows of one partner are one link, at the first time.
with deals as (
    select * from {{ ref('int_opportunity__state') }}
    where state <> 'not_yet_created'
),

listed as (
    select opportunity_partners.*
    from {{ ref('stg_salesforce__opportunity_partners') }} as opportunity_partners
    left join {{ ref('partner_role_map') }} as partner_role_map on opportunity_partners.role = partner_role_map.role
    where
        not opportunity_partners.is_deleted
        -- a role that nobody mapped is a partner's: only competitors and customers are left out
        and coalesce(partner_role_map.part, 'partner') = 'partner'
),

final as (
    select
        deals.opportunity_id,
        partners.partner_id,
        'partner_list' as link_kind,
        min(greatest(listed.created_at, deals.created_at)) as linked_at,
        {{ any_true('listed.is_primary') }} as is_primary
    from listed
    inner join deals on listed.opportunity_id = deals.opportunity_id
    inner join {{ ref('int_partner__accounts') }} as partners on listed.account_id = partners.account_id
    where
        listed.created_date <= deals.cutoff_date
        and partners.partner_account_id is distinct from deals.account_id
    group by deals.opportunity_id, partners.partner_id
)

select * from final
