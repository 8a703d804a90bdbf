-- What the deliveries say they brought is in the lake: all rows that its files landed, and of each object of Salesforce
-- at least one version of each record. More may be there: a file that is being taken at this very moment.
with landed as (
    select
        deliveries.lake_table,
        sum(case when deliveries.source = 'salesforce' then deliveries.current_rows else deliveries.landed_rows end)
            as least_rows
    from {{ ref('dq_completeness') }} as deliveries
    group by deliveries.lake_table
)

select landed.lake_table, landed.least_rows, bound.stored_rows
from landed
left join {{ ref('stg_partnerops__bound_tables') }} as bound on landed.lake_table = bound.lake_table
where landed.least_rows > coalesce(bound.stored_rows, 0)
