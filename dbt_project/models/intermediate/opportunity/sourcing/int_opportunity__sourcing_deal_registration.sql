-- Rule 1: an approved registration, submitted no later than the deal was created (plus grace), the deal created before
-- the protection ended. A protection end given as a day includes that day; otherwise protection lasts a fixed time
-- from approval. Approved or submitted without a date cannot source. Several: the earliest submitted, then smallest id.
with deals as (
    select * from {{ ref('int_opportunity__state') }}
    where state <> 'not_yet_created'
),

candidates as (
    select
        deals.opportunity_id,
        registrations.partner_id,
        registrations.deal_registration_id,
        row_number() over (
            partition by deals.opportunity_id
            order by registrations.submitted_at, registrations.deal_registration_id
        ) as place
    from {{ ref('int_deal_registration__state') }} as registrations
    inner join deals on registrations.opportunity_id = deals.opportunity_id
    where
        registrations.is_approved
        and registrations.approved_date <= deals.cutoff_date
        and registrations.partner_account_id is distinct from deals.account_id
        and registrations.submitted_at
        <= {{ instant_plus_days('deals.created_at', policy('sourcing_grace_days')) }}
        and case
            when registrations.protection_end_date is not null
                then deals.created_date <= registrations.protection_end_date
            else deals.created_at < {{ instant_plus_days('registrations.approved_at', policy('protection_days')) }}
        end
),

final as (
    select
        candidates.opportunity_id,
        candidates.partner_id,
        'deal_registration' as sourced_rule,
        candidates.deal_registration_id as source_record_id
    from candidates
    where candidates.place = 1
)

select * from final
