with registrations as (
    select
        registrations.*,
        least(coalesce(registrations.submitted_date, registrations.created_date), {{ as_of() }}) as rate_date,
        exists (
            select 1
            from {{ ref('test_name_patterns') }} as test_name_patterns
            where
                lower(registrations.registration_name) like test_name_patterns.pattern
                or lower(registrations.customer_name) like test_name_patterns.pattern
        ) as is_test
    from {{ ref('int_deal_registration__joined') }} as registrations
),

judged as (
    select
        registrations.*,
        case
            when registrations.is_deleted then 'deleted'
            when registrations.is_test then 'test'
            when registrations.partner_id is null then 'no_partner'
        end as ineligible_reason
    from registrations
),

final as (
    select
        judged.deal_registration_id,
        judged.salesforce_id,
        judged.marketplace_key,
        judged.registration_name,
        {{ record_url('Deal_Registration__c', 'judged.salesforce_id') }} as record_url,
        judged.partner_id,
        judged.opportunity_id,
        judged.customer_name,
        coalesce(judged.status, 'unknown') as status,
        judged.salesforce_status,
        judged.marketplace_status,
        judged.created_at,
        judged.created_date,
        judged.submitted_at,
        judged.submitted_date,
        decisions.first_decision,
        decisions.first_decided_at,
        decisions.first_decided_date,
        judged.approved_at,
        judged.approved_date,
        judged.ended_at,
        judged.ended_date,
        coalesce(
            judged.protection_end_date,
            {{ date_plus_days('judged.approved_date', policy('protection_days')) }}
        ) as expires_on,
        judged.amount,
        judged.currency_iso_code as currency,
        case
            when rates.rate_kind = 'corporate' then judged.amount
            else {{ divide_money('judged.amount', 'rates.conversion_rate') }}
        end as amount_corporate,
        judged.expected_close_date,
        judged.salesforce_amount,
        judged.salesforce_currency_iso_code as salesforce_currency,
        judged.salesforce_close_date,
        judged.marketplace_amount,
        judged.marketplace_currency_iso_code as marketplace_currency,
        judged.marketplace_close_date,
        judged.marketplace_updated_date,
        {{ business_region('partners.partner_region') }} as business_region,
        judged.ineligible_reason is null as is_eligible,
        judged.ineligible_reason
    from judged
    left join {{ ref('int_deal_registration__decision') }} as decisions
        on judged.deal_registration_id = decisions.deal_registration_id
    left join {{ ref('dim_partner') }} as partners on judged.partner_id = partners.partner_id
    left join {{ ref('int_currency__rates') }} as rates
        on
            coalesce(judged.currency_iso_code, '') = rates.iso_code
            and (rates.valid_from is null or judged.rate_date >= rates.valid_from)
            and (rates.valid_to is null or judged.rate_date < rates.valid_to)
)

select * from final
