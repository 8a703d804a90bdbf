-- The export files of each profile by their day, newest first; of one day the one read last. As everywhere, the newest
-- export counts, also where it is of a day after the as-of day.
with files as (
    select files.*, coalesce(files.exported_date, files.first_seen_on) as file_date
    from {{ ref('stg_partnerops__intake_files') }} as files
),

landed as (
    select files.profile, max(files.file_date) as landed_date
    from files
    where files.state = 'landed'
    group by files.profile
),

numbered as (
    select
        files.*,
        row_number() over (
            partition by files.profile
            order by files.file_date desc, files.exported_at desc nulls last, files.taken_at desc, files.file_id
        ) as place
    from files
),

final as (
    select
        numbered.profile,
        numbered.source as source_system,
        numbered.lake_table,
        numbered.file_name,
        numbered.state,
        numbered.rule_id,
        numbered.reason,
        numbered.file_date,
        landed.landed_date
    from numbered
    left join landed on numbered.profile = landed.profile
    where numbered.place = 1
)

select * from final
