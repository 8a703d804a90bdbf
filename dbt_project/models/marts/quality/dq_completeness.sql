with final as (
    select
        deliveries.source,
        deliveries.object_name,
        deliveries.delivery,
        deliveries.lake_table,
        deliveries.verdict,
        deliveries.source_rows,
        deliveries.landed_rows,
        deliveries.rejected_rows,
        deliveries.current_rows,
        deliveries.difference
    from {{ ref('int_gap__deliveries') }} as deliveries
)

select * from final
