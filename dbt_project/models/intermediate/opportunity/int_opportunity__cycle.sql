-- Days from start to close of a won deal. A renewal starts at its creation or some days before its prior contract ends,
-- whichever is later; the prior contract's end is the configured field, else that of the deal's contract.
with deals as (
    select
        deals.*,
        coalesce(deals.prior_contract_end_date, contracts.contract_end_date) as prior_end_date
    from {{ ref('int_opportunity__state') }} as deals
    left join {{ ref('stg_salesforce__contracts') }} as contracts
        on deals.contract_id = contracts.contract_id and not contracts.is_deleted
),

started as (
    select
        deals.opportunity_id,
        deals.state,
        deals.decided_date,
        case
            when deals.opportunity_type = 'renewal'
                then greatest(
                    deals.created_date,
                    {{ date_plus_days('deals.prior_end_date', '-' ~ policy('renewal_notice_days')) }}
                )
            else deals.created_date
        end as cycle_start_date
    from deals
),

final as (
    select
        started.opportunity_id,
        started.cycle_start_date,
        case
            when started.state = 'won' then {{ days_between('started.cycle_start_date', 'started.decided_date') }}
        end as cycle_days
    from started
)

select * from final
