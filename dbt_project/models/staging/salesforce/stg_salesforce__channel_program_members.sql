with records as (
    {{ current_records('salesforce', 'channel_program_member') | indent(4) }}
),

final as (
    select
        -- keys
        records.id as channel_program_member_id,
        records.partner_id as account_id,
        records.program_id as channel_program_id,
        records.level_id as channel_program_level_id,
        -- life
        records.created_date as created_at,
        {{ reporting_day('records.created_date') }} as created_date,
        coalesce(records.is_deleted, false) or coalesce(records._is_deleted, false) as is_deleted
    from records
)

select * from final
