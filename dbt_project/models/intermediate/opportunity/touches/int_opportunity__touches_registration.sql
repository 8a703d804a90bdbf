-- A submitted registration touches its deal at its submission, whatever was decided, unless it was turned down.
with final as (
    select
        registrations.opportunity_id,
        registrations.partner_id,
        'registration' as touch_kind,
        registrations.deal_registration_id as source_id,
        registrations.submitted_at as touched_at,
        registrations.submitted_date as touched_date,
        false as is_bare_date
    from {{ ref('int_deal_registration__state') }} as registrations
    inner join {{ ref('int_opportunity__state') }} as deals
        on registrations.opportunity_id = deals.opportunity_id and deals.state <> 'not_yet_created'
    where
        registrations.is_touch
        and registrations.partner_account_id is distinct from deals.account_id
)

select * from final
