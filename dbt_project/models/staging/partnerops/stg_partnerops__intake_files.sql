-- A file that was rejected, and read again later, is what its newest record says.
with records as (
    {{ current_records('partnerops', 'intake_files', stamp=none, key='file_id') | indent(4) }}
),

final as (
    select
        -- keys
        records.file_id,
        records.profile,
        records.source,
        records.lake_table,
        -- attributes
        records.file_name,
        records.state,
        records.rule_id,
        records.reason,
        -- counts
        records.rows_in_file,
        records.rows_landed,
        records.rows_rejected,
        -- life
        records.as_of as exported_at,
        {{ reporting_day('records.as_of') }} as exported_date,
        records.taken_at,
        records.first_seen_on
    from records
)

select * from final
