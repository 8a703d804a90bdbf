with records as (
    {{ current_records('salesforce', 'channel_program_member_history', stamp='created_date') | indent(4) }}
),

final as (
    select
        -- keys
        records.id as channel_program_member_history_id,
        records.channel_program_member_id,
        -- change
        records.field as history_field,
        records.old_value,
        records.new_value,
        -- life
        records.created_date as created_at,
        {{ reporting_day('records.created_date') }} as created_date
    from records
    where records.data_type = 'Text'
)

select * from final
