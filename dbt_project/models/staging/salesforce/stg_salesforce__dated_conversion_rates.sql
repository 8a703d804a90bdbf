with records as (
    {{ current_records('salesforce', 'dated_conversion_rate') | indent(4) }}
),

final as (
    select
        -- keys
        records.id as dated_conversion_rate_id,
        -- attributes
        records.iso_code,
        records.start_date,
        records.next_start_date,
        records.conversion_rate
    from records
)

select * from final
