with records as (
    {{ current_records('salesforce', 'opportunity_field_history', stamp='created_date') | indent(4) }}
),

final as (
    select
        -- keys
        records.id as opportunity_field_history_id,
        records.opportunity_id,
        -- change
        records.field as history_field,
        {{ id18('records.old_value') }} as old_id,
        {{ id18('records.new_value') }} as new_id,
        -- life
        records.created_date as created_at,
        {{ reporting_day('records.created_date') }} as created_date
    from records
    where records.data_type = 'EntityId'
)

select * from final
