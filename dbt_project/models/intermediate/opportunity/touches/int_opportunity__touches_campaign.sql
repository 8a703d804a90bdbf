-- A contact on the deal who became a member of a campaign that was run with a partner.
with deals as (
    select * from {{ ref('int_opportunity__state') }}
    where state <> 'not_yet_created'
),

deal_contacts as (
    select roles.opportunity_id, roles.contact_id
    from {{ ref('stg_salesforce__opportunity_contact_roles') }} as roles
    where not roles.is_deleted and roles.created_date <= {{ as_of() }}

    -- a contact may stand in both places: it is one contact on the deal
    union

    select deals.opportunity_id, deals.contact_id
    from deals
    where deals.contact_id is not null
),

final as (
    select
        deals.opportunity_id,
        partners.partner_id,
        'campaign' as touch_kind,
        members.campaign_member_id as source_id,
        members.created_at as touched_at,
        members.created_date as touched_date,
        false as is_bare_date
    from deal_contacts
    inner join deals on deal_contacts.opportunity_id = deals.opportunity_id
    inner join {{ ref('stg_salesforce__campaign_members') }} as members
        on deal_contacts.contact_id = members.contact_id and not members.is_deleted
    inner join {{ ref('stg_salesforce__campaigns') }} as campaigns
        on members.campaign_id = campaigns.campaign_id and not campaigns.is_deleted
    inner join {{ ref('int_partner__accounts') }} as partners on campaigns.partner_account_id = partners.account_id
    where partners.partner_account_id is distinct from deals.account_id
)

select * from final
