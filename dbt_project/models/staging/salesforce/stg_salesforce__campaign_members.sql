with records as (
    {{ current_records('salesforce', 'campaign_member') | indent(4) }}
),

final as (
    select
        -- keys
        records.id as campaign_member_id,
        records.campaign_id,
        records.contact_id,
        -- life
        records.created_date as created_at,
        {{ reporting_day('records.created_date') }} as created_date,
        coalesce(records.is_deleted, false) or coalesce(records._is_deleted, false) as is_deleted
    from records
)

select * from final
