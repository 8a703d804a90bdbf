-- One row per object of Salesforce (the newest proof) and per export file. How often a run looked is no part of it: two
-- lakes with the same records give the same bytes, also when one of the runs between was killed. It speaks of all that
-- the release was built from, whatever its day.
with objects as (
    select
        proofs.source,
        proofs.object_name,
        'api' as delivery,
        proofs.lake_table,
        proofs.verdict,
        cast(null as bigint) as source_rows,
        bound.stored_rows as landed_rows,
        cast(0 as bigint) as rejected_rows,
        proofs.current_rows,
        proofs.difference
    from {{ ref('stg_partnerops__completeness') }} as proofs
    left join {{ ref('stg_partnerops__bound_tables') }} as bound on proofs.lake_table = bound.lake_table
),

files as (
    select
        files.source,
        files.profile as object_name,
        files.file_id as delivery,
        files.lake_table,
        files.state,
        files.rows_in_file as source_rows,
        case when files.state = 'landed' then coalesce(files.rows_landed, 0) else 0 end as landed_rows,
        coalesce(files.rows_rejected, 0) as rejected_rows
    from {{ ref('stg_partnerops__intake_files') }} as files
),

judged_files as (
    select
        files.source,
        files.object_name,
        files.delivery,
        files.lake_table,
        case
            when files.state <> 'landed' then 'rejected'
            when files.source_rows = files.landed_rows + files.rejected_rows then 'complete'
            else 'incomplete'
        end as verdict,
        files.source_rows,
        files.landed_rows,
        files.rejected_rows,
        cast(null as bigint) as current_rows,
        case
            when files.state = 'landed' then files.source_rows - files.landed_rows - files.rejected_rows
        end as difference
    from files
),

final as (
    select * from objects

    union all

    select * from judged_files
)

select * from final
