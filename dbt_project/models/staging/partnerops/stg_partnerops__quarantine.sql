with records as (
    {{ current_records('partnerops', 'quarantine', stamp=none, key=['file_id', 'row_number']) | indent(4) }}
),

final as (
    select
        -- keys
        records.file_id,
        records.row_number,
        records.profile,
        records.source,
        records.lake_table,
        records.file_name,
        -- attributes
        records.record_key,
        records.rule_id,
        records.reason,
        -- life
        records.first_seen_on
    from records
)

select * from final
