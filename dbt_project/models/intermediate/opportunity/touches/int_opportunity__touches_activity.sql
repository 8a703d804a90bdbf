-- A task or meeting about the deal with a partner: the configured partner field, or a person of a partner's account. Each
-- partner on it touches, once.
with activities as (
    select task_id as activity_id, opportunity_id, who_id, partner_account_id, activity_date
    from {{ ref('stg_salesforce__tasks') }}
    where not is_deleted

    union all

    select event_id, opportunity_id, who_id, partner_account_id, activity_date
    from {{ ref('stg_salesforce__events') }}
    where not is_deleted
),

involved as (
    select activities.activity_id, activities.opportunity_id, activities.activity_date, activities.partner_account_id
    from activities
    where activities.partner_account_id is not null

    union all

    select activities.activity_id, activities.opportunity_id, activities.activity_date, contacts.account_id
    from activities
    inner join {{ ref('stg_salesforce__contacts') }} as contacts
        on activities.who_id = contacts.contact_id and not contacts.is_deleted
),

final as (
    select distinct
        deals.opportunity_id,
        partners.partner_id,
        'activity' as touch_kind,
        involved.activity_id as source_id,
        {{ day_start('involved.activity_date') }} as touched_at,
        involved.activity_date as touched_date,
        true as is_bare_date
    from involved
    inner join {{ ref('int_opportunity__state') }} as deals
        on involved.opportunity_id = deals.opportunity_id and deals.state <> 'not_yet_created'
    inner join {{ ref('int_partner__accounts') }} as partners on involved.partner_account_id = partners.account_id
    where
        involved.activity_date is not null
        and partners.partner_account_id is distinct from deals.account_id
)

select * from final
