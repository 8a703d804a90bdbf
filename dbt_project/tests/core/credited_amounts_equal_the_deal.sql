-- Under every credit model the shares of a deal add up to its amount to the cent; a deal without an amount gives none.
select
    deals.opportunity_id,
    credits.credit_model,
    deals.amount as deal_amount,
    sum(credits.amount) as credited_amount
from {{ ref('fct_opportunities') }} as deals
inner join {{ ref('bridge_opportunity_partner_credit') }} as credits on deals.opportunity_id = credits.opportunity_id
group by deals.opportunity_id, credits.credit_model, deals.amount
having sum(credits.amount) is distinct from deals.amount
