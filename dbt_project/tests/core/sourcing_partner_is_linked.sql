-- A partner cannot have sourced a deal that it does not stand on.
select deals.opportunity_id, deals.sourcing_partner_id
from {{ ref('fct_opportunities') }} as deals
left join {{ ref('int_opportunity__partner_links') }} as links
    on deals.opportunity_id = links.opportunity_id and deals.sourcing_partner_id = links.partner_id
where deals.sourcing_partner_id is not null and links.partner_id is null
