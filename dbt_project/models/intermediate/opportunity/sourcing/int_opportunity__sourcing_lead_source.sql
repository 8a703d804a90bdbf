-- Rule 3: the deal's lead source says partner, and exactly one partner is linked, or else exactly one is primary.
with deals as (
    select state.opportunity_id
    from {{ ref('int_opportunity__state') }} as state
    inner join {{ ref('partner_lead_sources') }} as partner_lead_sources
        on state.lead_source = partner_lead_sources.lead_source
),

linked as (
    select
        links.opportunity_id,
        count(distinct links.partner_id) as partners,
        min(links.partner_id) as only_partner_id,
        count(distinct case when links.is_primary then links.partner_id end) as primary_partners,
        min(case when links.is_primary then links.partner_id end) as only_primary_partner_id
    from {{ ref('int_opportunity__partner_links') }} as links
    group by links.opportunity_id
),

final as (
    select
        deals.opportunity_id,
        case when linked.partners = 1 then linked.only_partner_id else linked.only_primary_partner_id end as partner_id,
        'lead_source' as sourced_rule,
        cast(null as {{ dbt.type_string() }}) as source_record_id
    from deals
    inner join linked on deals.opportunity_id = linked.opportunity_id
    where linked.partners = 1 or linked.primary_partners = 1
)

select * from final
