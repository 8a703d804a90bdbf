with records as (
    {{ current_records('salesforce', 'user_role') | indent(4) }}
),

final as (
    select
        -- keys
        records.id as user_role_id,
        -- attributes
        records.name as role_name
    from records
)

select * from final
