-- Dated changes of a partner's status and tier, canonical. The tier is that of the programme membership that the partner is
-- shown with, where its level ever changed, else that of the account's field. After a merge the survivor's history stands.
with account_changes as (
    select
        partners.partner_id,
        history.account_history_id as change_id,
        case history.history_field when 'Partner_Status__c' then 'status' else 'tier' end as attribute,
        history.old_value,
        history.new_value,
        history.created_at,
        history.created_date
    from {{ ref('stg_salesforce__account_history') }} as history
    inner join {{ ref('int_partner__accounts') }} as partners
        on history.account_id = partners.account_id and partners.account_id = partners.partner_account_id
    where history.history_field in ('Partner_Status__c', 'Partner_Tier__c')
),

level_changes as (
    select
        programmes.partner_id,
        history.channel_program_member_history_id as change_id,
        'tier' as attribute,
        history.old_value,
        history.new_value,
        history.created_at,
        history.created_date
    from {{ ref('stg_salesforce__channel_program_member_history') }} as history
    inner join {{ ref('int_partner__programme') }} as programmes
        on history.channel_program_member_id = programmes.channel_program_member_id
    where history.history_field = 'Level'
),

changes as (
    select * from level_changes

    union all

    select account_changes.*
    from account_changes
    where
        account_changes.attribute = 'status'
        or account_changes.partner_id not in (select level_changes.partner_id from level_changes)
),

final as (
    select
        changes.partner_id,
        changes.attribute,
        changes.change_id,
        changes.created_at,
        changes.created_date,
        coalesce(
            case changes.attribute when 'status' then old_status.partner_status else old_tier.tier end, 'unknown'
        ) as old_value,
        coalesce(
            case changes.attribute when 'status' then new_status.partner_status else new_tier.tier end, 'unknown'
        ) as new_value
    from changes
    left join {{ ref('partner_status_map') }} as old_status on changes.old_value = old_status.source_status
    left join {{ ref('partner_status_map') }} as new_status on changes.new_value = new_status.source_status
    left join {{ ref('tier_map') }} as old_tier on changes.old_value = old_tier.source_tier
    left join {{ ref('tier_map') }} as new_tier on changes.new_value = new_tier.source_tier
)

select * from final
