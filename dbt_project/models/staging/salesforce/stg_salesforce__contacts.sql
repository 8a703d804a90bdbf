with records as (
    {{ current_records('salesforce', 'contact') | indent(4) }}
),

final as (
    select
        -- keys
        records.id as contact_id,
        records.account_id,
        -- attributes
        records.email,
        -- life
        coalesce(records.is_deleted, false) or coalesce(records._is_deleted, false) as is_deleted
    from records
)

select * from final
