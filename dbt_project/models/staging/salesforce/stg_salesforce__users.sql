with records as (
    {{ current_records('salesforce', 'user') | indent(4) }}
),

final as (
    select
        -- keys
        records.id as user_id,
        records.manager_id,
        records.user_role_id,
        -- attributes
        records.name as user_name,
        records.email,
        records.title,
        records.department,
        records.country_code,
        records.user_type,
        coalesce(records.is_active, false) as is_active,
        -- life
        records.created_date as created_at,
        {{ reporting_day('records.created_date') }} as created_date
    from records
)

select * from final
