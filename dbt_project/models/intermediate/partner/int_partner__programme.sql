-- The programme and level of a partner. A partner in several programmes is shown with the one whose name comes first.
with memberships as (
    select
        partners.partner_id,
        members.channel_program_member_id,
        programmes.programme_name,
        levels.level_name,
        row_number() over (
            partition by partners.partner_id
            order by programmes.programme_name, members.channel_program_member_id
        ) as place
    from {{ ref('stg_salesforce__channel_program_members') }} as members
    inner join {{ ref('int_partner__accounts') }} as partners on members.account_id = partners.account_id
    inner join {{ ref('stg_salesforce__channel_programs') }} as programmes
        on members.channel_program_id = programmes.channel_program_id and not programmes.is_deleted
    left join {{ ref('stg_salesforce__channel_program_levels') }} as levels
        on members.channel_program_level_id = levels.channel_program_level_id and not levels.is_deleted
    where not members.is_deleted and members.created_date <= {{ as_of() }}
),

final as (
    select
        memberships.partner_id,
        memberships.channel_program_member_id,
        memberships.programme_name,
        memberships.level_name
    from memberships
    where memberships.place = 1
)

select * from final
