with records as (
    {{ current_records('salesforce', 'currency_type') | indent(4) }}
),

final as (
    select
        -- keys
        records.id as currency_type_id,
        -- attributes
        records.iso_code,
        records.conversion_rate,
        coalesce(records.is_corporate, false) as is_corporate
    from records
)

select * from final
