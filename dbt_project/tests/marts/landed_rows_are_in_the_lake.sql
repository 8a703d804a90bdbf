-- What the deliveries say they brought is what the lake holds: a table of exports as many rows as its files landed, an
-- object of Salesforce at least one version of each of its records.
with landed as (
    select
        deliveries.lake_table,
        deliveries.source,
        sum(deliveries.landed_rows) as landed_rows,
        sum(deliveries.current_rows) as current_rows
    from {{ ref('dq_completeness') }} as deliveries
    group by deliveries.lake_table, deliveries.source
)

select landed.lake_table, landed.landed_rows, landed.current_rows, bound.stored_rows
from landed
left join {{ ref('stg_partnerops__bound_tables') }} as bound on landed.lake_table = bound.lake_table
where
    (landed.source <> 'salesforce' and landed.landed_rows <> coalesce(bound.stored_rows, 0))
    or (landed.source = 'salesforce' and landed.current_rows > coalesce(bound.stored_rows, 0))
