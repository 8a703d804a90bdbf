-- The eligible deals that were won or lost, with the attributes by which numbers are cut. What every metric of this
-- family selects from, so that a deal cannot have one region in one metric and another in the next.
with final as (
    select
        deals.opportunity_id,
        deals.record_url,
        deals.decided_date,
        deals.state,
        deals.bucket,
        deals.is_attached,
        deals.opportunity_type,
        deals.account_region,
        deals.size_band,
        case when deals.is_attached then 'with' else 'without' end as attached,
        deals.amount,
        -- a deal that closes before it starts is an error of the record, not a short cycle
        case when deals.cycle_days >= 0 then deals.cycle_days end as usable_cycle_days
    from {{ ref('fct_opportunities') }} as deals
    where deals.is_eligible and deals.state in ('won', 'lost')
)

select * from final
