-- Credit by the policy's one credit model, so that partners add up to sourced plus influenced revenue. Won deals stand in
-- the quarter of their close, open ones in the quarter in which they are expected to close.
with credits as (
    select credits.*
    from {{ ref('bridge_opportunity_partner_credit') }} as credits
    where credits.credit_model = {{ policy('default_credit_model', dbt.type_string()) }}
),

credited_deals as (
    select
        credits.partner_id,
        case when deals.state = 'won' then deals.decided_date else deals.close_date end as event_date,
        deals.state,
        deals.bucket,
        deals.sourcing_partner_id,
        credits.amount
    from credits
    inner join {{ ref('fct_opportunities') }} as deals on credits.opportunity_id = deals.opportunity_id
    where deals.is_eligible and deals.state in ('won', 'open')
),

final as (
    select
        credited_deals.partner_id,
        dates.quarter_start_date,
        dates.quarter_end_date,
        dates.fiscal_quarter_name,
        dates.quarter_end_date <= {{ as_of() }} as is_complete_period,
        {%- for bucket in ['sourced', 'influenced'] %}
        cast(
            coalesce(sum(
                case when credited_deals.state = 'won' and credited_deals.bucket = '{{ bucket }}'
                    then credited_deals.amount
                end
            ), 0) as numeric(18, 2)
        ) as {{ bucket }}_revenue,
        {%- endfor %}
        count(
            case
                when
                    credited_deals.state = 'won'
                    and credited_deals.bucket = 'sourced'
                    and credited_deals.sourcing_partner_id = credited_deals.partner_id
                    then 1
            end
        ) as deals_won_sourced,
        count(case when credited_deals.state = 'won' and credited_deals.bucket = 'influenced' then 1 end)
            as deals_won_engaged,
        count(case when credited_deals.state = 'won' and credited_deals.amount is null then 1 end)
            as deals_won_without_amount,
        count(case when credited_deals.state = 'open' then 1 end) as deals_open,
        cast(
            coalesce(sum(case when credited_deals.state = 'open' then credited_deals.amount end), 0)
            as numeric(18, 2)
        ) as open_pipeline_amount
    from credited_deals
    inner join {{ ref('dim_date') }} as dates on credited_deals.event_date = dates.date_day
    group by
        credited_deals.partner_id,
        dates.quarter_start_date,
        dates.quarter_end_date,
        dates.fiscal_quarter_name
)

select * from final
