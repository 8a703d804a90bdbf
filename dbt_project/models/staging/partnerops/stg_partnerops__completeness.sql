-- The newest proof of each object; run ids grow with time.
with records as (
    select
        ledger.*,
        row_number() over (
            partition by ledger.source, ledger.object
            order by ledger.run_id desc, ledger._committed_at desc, ledger._batch_id desc
        ) as _version_from_newest
    from {{ source('partnerops', 'dq_completeness_ledger') }} as ledger
),

final as (
    select
        -- keys
        records.source,
        records.object as object_name,
        records.lake_table,
        -- the proof
        records.verdict,
        records.difference,
        records.current_rows
    from records
    where records._version_from_newest = 1
)

select * from final
