-- One row per real registration: Salesforce's, the marketplace's, or one that stands in both. Salesforce's value counts
-- where the seed source_precedence says so, and the other fills what is empty. The marketplace does not say when it decided.
with salesforce as (
    select
        registrations.*,
        partners.partner_id,
        case
            when registrations.status is not null then coalesce(status_map.canonical, 'unknown')
        end as canonical_status
    from {{ ref('stg_salesforce__deal_registrations') }} as registrations
    left join {{ ref('int_partner__accounts') }} as partners on registrations.partner_account_id = partners.account_id
    {{ join_status('salesforce', 'deal_registration', 'registrations.status') }}
),

joined as (
    select
        salesforce.deal_registration_id as salesforce_id,
        marketplace.deal_key as marketplace_key,
        case
            when salesforce.deal_registration_id is not null then salesforce.partner_id
            else marketplace.partner_id
        end as partner_id,
        salesforce.opportunity_id,
        salesforce.registration_name,
        {{ preferred('deal_registration', 'customer_name', 'salesforce.customer_name', 'marketplace.customer_name') }}
            as customer_name,
        {{ preferred('deal_registration', 'status', 'salesforce.canonical_status', 'marketplace.status') }} as status,
        salesforce.canonical_status as salesforce_status,
        marketplace.status as marketplace_status,
        {{ preferred('deal_registration', 'submitted_at', 'salesforce.submitted_at', 'marketplace.submitted_at') }}
            as submitted_at,
        salesforce.decided_at,
        salesforce.approved_at,
        salesforce.approved_date,
        salesforce.ended_at,
        salesforce.ended_date,
        salesforce.protection_end_date,
        {{ preferred('deal_registration', 'amount', 'salesforce.amount', 'marketplace.amount') }} as amount,
        -- the currency of the amount that was taken
        case
            when salesforce.deal_registration_id is null then marketplace.currency_iso_code
            when marketplace.amount is null then salesforce.currency_iso_code
            when salesforce.amount is null or not {{ salesforce_counts('deal_registration', 'amount') }}
                then marketplace.currency_iso_code
            else salesforce.currency_iso_code
        end as currency_iso_code,
        {{ preferred(
            'deal_registration',
            'expected_close_date',
            'salesforce.expected_close_date',
            'marketplace.expected_close_date',
        ) }} as expected_close_date,
        salesforce.amount as salesforce_amount,
        salesforce.currency_iso_code as salesforce_currency_iso_code,
        salesforce.expected_close_date as salesforce_close_date,
        marketplace.amount as marketplace_amount,
        marketplace.currency_iso_code as marketplace_currency_iso_code,
        marketplace.expected_close_date as marketplace_close_date,
        marketplace.updated_date as marketplace_updated_date,
        coalesce(salesforce.created_at, marketplace.submitted_at) as created_at,
        coalesce(salesforce.is_deleted, false) as is_deleted
    from salesforce
    full outer join {{ ref('int_deal_registration__marketplace') }} as marketplace
        on salesforce.deal_registration_id = marketplace.salesforce_registration_id
),

final as (
    select
        coalesce(joined.salesforce_id, concat('partnerstack:', joined.marketplace_key)) as deal_registration_id,
        joined.*,
        {{ reporting_day('joined.submitted_at') }} as submitted_date,
        {{ reporting_day('joined.created_at') }} as created_date
    from joined
)

select * from final
