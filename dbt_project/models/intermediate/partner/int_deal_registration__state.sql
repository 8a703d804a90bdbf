-- A registration of a valid partner as it stood on the as-of day.
-- Approved once and now expired or converted is approved. Rejected, withdrawn or revoked after an approval is approved
-- until that dated event, and never was where it has no date.
-- A submitted registration touches a deal, unless it is a draft or had been rejected, withdrawn or revoked by then. One
-- that was rejected or withdrawn without a date never touched; a revoked one stood until its end, so without a date it
-- still does.
with registrations as (
    select
        registrations.*,
        coalesce(registration_status_map.family, 'unknown') as family,
        case
            when registration_status_map.family = 'rejected'
                then coalesce(registrations.ended_date, registrations.decided_date)
            else registrations.ended_date
        end as over_date
    from {{ ref('stg_salesforce__deal_registrations') }} as registrations
    left join {{ ref('registration_status_map') }} as registration_status_map
        on registrations.status = registration_status_map.status
    where not registrations.is_deleted
),

final as (
    select
        registrations.deal_registration_id,
        registrations.opportunity_id,
        partners.partner_id,
        partners.partner_account_id,
        registrations.status,
        registrations.submitted_at,
        registrations.submitted_date,
        registrations.approved_at,
        registrations.approved_date,
        registrations.protection_end_date,
        coalesce(
            case
                when registrations.family = 'approved'
                    then registrations.approved_date is null or registrations.approved_date <= {{ as_of() }}
                when registrations.family in ('rejected', 'withdrawn', 'revoked')
                    then registrations.approved_date <= {{ as_of() }} and registrations.over_date > {{ as_of() }}
            end,
            false
        ) as is_approved,
        coalesce(
            registrations.submitted_date <= {{ as_of() }}
            and case
                when registrations.family in ('rejected', 'withdrawn') then registrations.over_date > {{ as_of() }}
                when registrations.family = 'revoked' then coalesce(registrations.over_date > {{ as_of() }}, true)
                else registrations.family <> 'draft'
            end,
            false
        ) as is_touch
    from registrations
    inner join {{ ref('int_partner__accounts') }} as partners
        on registrations.partner_account_id = partners.account_id
)

select * from final
