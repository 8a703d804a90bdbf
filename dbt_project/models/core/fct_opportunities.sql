with final as (
    select
        deals.opportunity_id,
        deals.opportunity_name,
        {{ record_url('Opportunity', 'deals.opportunity_id') }} as record_url,
        deals.account_id,
        deals.is_account_known,
        deals.owner_id,
        deals.lead_source,
        deals.source_type,
        deals.opportunity_type,
        deals.account_region,
        amounts.size_band,
        deals.stage_name,
        deals.stage_category,
        deals.is_stage_mapped,
        deals.state,
        deals.has_history,
        deals.created_at,
        deals.created_date,
        deals.close_date,
        deals.decided_date,
        deals.effective_close_date,
        cycle.cycle_start_date,
        cycle.cycle_days,
        amounts.amount,
        deals.amount as original_amount,
        deals.currency_iso_code as original_currency,
        amounts.conversion_rate,
        amounts.rate_kind,
        amounts.rate_date,
        coalesce(influence.is_attached, false) as is_attached,
        influence.bucket,
        influence.sourced_rule,
        influence.sourcing_partner_id,
        influence.sourcing_record_id,
        cast(coalesce(influence.linked_partners, 0) as bigint) as linked_partners,
        cast(coalesce(influence.touching_partners, 0) as bigint) as touching_partners,
        influence.first_touch_at,
        influence.last_touch_at,
        deals.ineligible_reason is null as is_eligible,
        deals.ineligible_reason
    from {{ ref('int_opportunity__state') }} as deals
    inner join {{ ref('int_opportunity__amounts') }} as amounts on deals.opportunity_id = amounts.opportunity_id
    inner join {{ ref('int_opportunity__cycle') }} as cycle on deals.opportunity_id = cycle.opportunity_id
    left join {{ ref('int_opportunity__influence') }} as influence on deals.opportunity_id = influence.opportunity_id
)

select * from final
