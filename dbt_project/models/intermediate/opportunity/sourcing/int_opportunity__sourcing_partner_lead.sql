-- Rule 2: a partner's lead that was converted into the deal and is no younger than it (plus grace). Several: the
-- earliest created, then smallest id.
with deals as (
    select * from {{ ref('int_opportunity__state') }}
    where state <> 'not_yet_created'
),

candidates as (
    select
        deals.opportunity_id,
        leads.partner_id,
        leads.lead_id,
        row_number() over (partition by deals.opportunity_id order by leads.created_at, leads.lead_id) as place
    from {{ ref('int_lead__partner_conversions') }} as leads
    inner join deals on leads.opportunity_id = deals.opportunity_id
    where
        leads.converted_date <= deals.cutoff_date
        and leads.partner_account_id is distinct from deals.account_id
        and leads.created_at <= {{ instant_plus_days('deals.created_at', policy('sourcing_grace_days')) }}
),

final as (
    select
        candidates.opportunity_id,
        candidates.partner_id,
        'partner_lead' as sourced_rule,
        candidates.lead_id as source_record_id
    from candidates
    where candidates.place = 1
)

select * from final
