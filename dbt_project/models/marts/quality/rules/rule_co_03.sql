-- The user on the account counts, not the account's owner, who would hide that nobody looks after the partner.
with partners as (
    select partners.*, accounts.partner_manager_id
    from {{ ref('dim_partner') }} as partners
    inner join {{ ref('int_account__current') }} as accounts on partners.salesforce_account_id = accounts.account_id
    where partners.is_active and partners.is_created_by_as_of
),

final as (
    select
        'CO-03' as rule_id,
        'salesforce' as source,
        'partner' as entity_type,
        partners.partner_id as entity_id,
        partners.partner_id,
        {{ rule_severity('CO-03') }} as severity,
        case
            when partners.partner_manager_id is null
                then concat(partners.partner_name, ' is active and has no partner manager.')
            else concat(partners.partner_name, ' is active, and the user of its partner manager is not.')
        end as title,
        {{ evidence({
            'partner_manager_id': 'partners.partner_manager_id',
            'partner_status': 'partners.partner_status',
            'user_is_active': 'users.is_active',
        }) }} as evidence,
        partners.record_url,
        cast(null as date) as existed_since,
        cast(null as date) as due_on,
        cast(null as numeric(18, 2)) as revenue_at_stake
    from partners
    left join {{ ref('dim_user') }} as users on partners.partner_manager_id = users.user_id
    where users.is_active is null or not users.is_active
)

select * from final
