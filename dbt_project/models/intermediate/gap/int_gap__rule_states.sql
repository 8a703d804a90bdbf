-- A rule that lacks what it needs is not evaluated. That is no "0 gaps": what it found before stays as it was.
with policies as (
    select * from {{ ref('dq_rule_policy') }}
),

exports as (
    select files.lake_table, max(coalesce(files.exported_date, files.first_seen_on)) as newest_date
    from {{ ref('stg_partnerops__intake_files') }} as files
    where files.state = 'landed'
    group by files.lake_table
),

needs as (
    select
        policies.rule_id,
        tables.lake_table,
        case
            when not tables.is_written then concat(tables.lake_table, ' was never written')
            when
                exports.newest_date
                < {{ date_plus_days(as_of(), '-1 * ' ~ policy('max_export_age_days')) }}
                then concat(
                    'the newest export of ', tables.lake_table, ' is of ',
                    cast(exports.newest_date as {{ dbt.type_string() }})
                )
        end as fault
    from policies
    inner join {{ ref('stg_partnerops__bound_tables') }} as tables
        on position(concat(';', tables.lake_table, ';') in concat(';', policies.needs, ';')) > 0
    left join exports on tables.lake_table = exports.lake_table
),

counted as (
    select
        needs.rule_id,
        count(*) as tables,
        count(needs.fault) as faults,
        min(needs.fault) as first_fault
    from needs
    group by needs.rule_id
),

judged as (
    select
        policies.rule_id,
        policies.is_enabled,
        case
            when
                coalesce(counted.tables, 0)
                < 1 + length(policies.needs) - length(replace(policies.needs, ';', ''))
                then 'a table that it needs does not exist in the lake'
            when counted.faults > 1
                then concat(
                    counted.first_fault, ' (and ', cast(counted.faults - 1 as {{ dbt.type_string() }}), ' more)'
                )
            else counted.first_fault
        end as fault
    from policies
    left join counted on policies.rule_id = counted.rule_id
),

final as (
    select
        judged.rule_id,
        case
            when not judged.is_enabled then 'disabled'
            when judged.fault is not null then 'not_evaluated'
            else 'evaluated'
        end as state,
        case when judged.is_enabled then judged.fault else 'switched off in the policy' end as reason
    from judged
)

select * from final
