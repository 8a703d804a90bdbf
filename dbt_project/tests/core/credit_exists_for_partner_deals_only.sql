-- Sourced and influenced deals are credited under all four models, direct ones under none.
with credited as (
    select opportunity_id, count(distinct credit_model) as credit_models
    from {{ ref('bridge_opportunity_partner_credit') }}
    group by opportunity_id
)

select
    deals.opportunity_id,
    deals.bucket,
    credited.credit_models
from {{ ref('fct_opportunities') }} as deals
left join credited on deals.opportunity_id = credited.opportunity_id
where
    coalesce(credited.credit_models, 0)
    <> case when deals.bucket in ('sourced', 'influenced') then 4 else 0 end
