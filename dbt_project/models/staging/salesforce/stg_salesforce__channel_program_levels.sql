with records as (
    {{ current_records('salesforce', 'channel_program_level') | indent(4) }}
),

final as (
    select
        -- keys
        records.id as channel_program_level_id,
        -- attributes
        records.name as level_name,
        -- life
        coalesce(records.is_deleted, false) or coalesce(records._is_deleted, false) as is_deleted
    from records
)

select * from final
