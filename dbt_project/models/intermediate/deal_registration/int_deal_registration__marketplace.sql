-- Deals that partners registered in the marketplace, with the Salesforce registration whose id they carry. Two deals that
-- carry one id: the smaller key is that registration, the other one a record of its own. Test deals are left out.
with deals as (
    select
        deals.*,
        registrations.deal_registration_id as carried_registration_id,
        row_number() over (partition by registrations.deal_registration_id order by deals.deal_key) as place
    from {{ ref('stg_partnerstack__deals') }} as deals
    left join {{ ref('stg_salesforce__deal_registrations') }} as registrations
        on deals.salesforce_registration_id = registrations.deal_registration_id
    where not deals.is_test
),

final as (
    select
        deals.deal_key,
        case when deals.place = 1 then deals.carried_registration_id end as salesforce_registration_id,
        partners.partner_id,
        deals.customer_name,
        coalesce(status_map.canonical, 'unknown') as status,
        deals.amount,
        deals.currency_iso_code,
        deals.expected_close_date,
        deals.created_at as submitted_at,
        deals.updated_date
    from deals
    {{ join_status('partnerstack', 'deal_registration', 'deals.stage') }}
    {{ join_partner('partnerstack', 'partner', 'deals.partner_key') }}
)

select * from final
