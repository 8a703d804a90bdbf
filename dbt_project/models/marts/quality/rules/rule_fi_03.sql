with files as (
    select * from {{ ref('int_gap__newest_files') }}
),

final as (
    select
        'FI-03' as rule_id,
        files.source_system as source,
        'export_profile' as entity_type,
        files.profile as entity_id,
        cast(null as {{ dbt.type_string() }}) as partner_id,
        {{ rule_severity('FI-03') }} as severity,
        concat(
            'The newest export ', files.file_name, ' was rejected because a required column is missing or renamed; ',
            'drop a corrected file into inbox/', files.profile, '.'
        ) as title,
        {{ evidence({
            'file': 'files.file_name',
            'lake_table': 'files.lake_table',
            'newest_good_file_of': 'files.landed_date',
            'reason': 'files.reason',
        }) }} as evidence,
        cast(null as {{ dbt.type_string() }}) as record_url,
        files.file_date as existed_since,
        cast(null as date) as due_on,
        cast(null as numeric(18, 2)) as revenue_at_stake
    from files
    where
        files.state = 'rejected'
        and files.rule_id = 'FI-03'
        and (files.landed_date is null or files.landed_date < files.file_date)
)

select * from final
