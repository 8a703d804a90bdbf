with final as (
    select
        quarantine.source,
        quarantine.profile,
        quarantine.lake_table,
        quarantine.file_name,
        quarantine.file_id,
        quarantine.row_number,
        quarantine.record_key,
        quarantine.rule_id,
        quarantine.reason,
        quarantine.first_seen_on
    from {{ ref('int_gap__quarantine') }} as quarantine
)

select * from final
