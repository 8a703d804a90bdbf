with users as (
    select * from {{ ref('stg_salesforce__users') }}
),

final as (
    select
        users.user_id,
        users.user_name,
        users.email,
        users.title,
        users.country_code,
        users.user_type,
        roles.role_name,
        coalesce(user_role_map.team, 'other') as team,
        users.manager_id,
        users.is_active,
        users.created_at
    from users
    left join {{ ref('stg_salesforce__user_roles') }} as roles on users.user_role_id = roles.user_role_id
    left join {{ ref('user_role_map') }} as user_role_map on roles.role_name = user_role_map.role_name
)

select * from final
