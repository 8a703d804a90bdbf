-- Link kind (d): a partner's lead that was converted into the deal, from the start of the day of conversion.
with deals as (
    select * from {{ ref('int_opportunity__state') }}
    where state <> 'not_yet_created'
),

final as (
    select
        deals.opportunity_id,
        leads.partner_id,
        'lead' as link_kind,
        min(greatest(deals.created_at, {{ day_start('leads.converted_date') }})) as linked_at,
        false as is_primary
    from {{ ref('int_lead__partner_conversions') }} as leads
    inner join deals on leads.opportunity_id = deals.opportunity_id
    where
        leads.converted_date <= deals.cutoff_date
        and leads.partner_account_id is distinct from deals.account_id
    group by deals.opportunity_id, leads.partner_id
)

select * from final
