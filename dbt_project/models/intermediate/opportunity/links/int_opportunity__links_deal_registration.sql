-- Link kind (c): an approved deal registration. Approved without a date it links at the deal's creation.
with deals as (
    select * from {{ ref('int_opportunity__state') }}
    where state <> 'not_yet_created'
),

final as (
    select
        deals.opportunity_id,
        registrations.partner_id,
        'deal_registration' as link_kind,
        min(greatest(deals.created_at, registrations.approved_at)) as linked_at,
        false as is_primary
    from {{ ref('int_deal_registration__state') }} as registrations
    inner join deals on registrations.opportunity_id = deals.opportunity_id
    where
        registrations.is_approved
        and coalesce(registrations.approved_date, deals.created_date) <= deals.cutoff_date
        and registrations.partner_account_id is distinct from deals.account_id
    group by deals.opportunity_id, registrations.partner_id
)

select * from final
