with records as (
    {{ current_records('salesforce', 'opportunity_history') | indent(4) }}
),

final as (
    select
        -- keys
        records.id as opportunity_history_id,
        records.opportunity_id,
        -- state
        records.stage_name,
        records.amount,
        records.close_date,
        -- life
        records.created_date as created_at,
        {{ reporting_day('records.created_date') }} as created_date
    from records
)

select * from final
