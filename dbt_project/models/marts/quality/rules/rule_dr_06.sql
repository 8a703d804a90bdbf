-- A difference of the states that follows from a decided deal is rule DR-07's, not this one's.
with pairs as (
    select
        registrations.*,
        partners.partner_name,
        deals.amount as deal_amount_corporate,
        {{ registration_class('registrations.salesforce_status') }} as salesforce_class,
        {{ registration_class('registrations.marketplace_status') }} as marketplace_class,
        decided.entity_id is not null as is_decided_otherwise
    from {{ ref('fct_deal_registrations') }} as registrations
    left join {{ ref('dim_partner') }} as partners on registrations.partner_id = partners.partner_id
    left join {{ ref('fct_opportunities') }} as deals on registrations.opportunity_id = deals.opportunity_id
    left join {{ ref('rule_dr_07') }} as decided on registrations.deal_registration_id = decided.entity_id
    where
        registrations.is_eligible
        and registrations.salesforce_id is not null
        and registrations.marketplace_key is not null
),

compared as (
    select
        pairs.*,
        coalesce(pairs.salesforce_currency <> pairs.marketplace_currency, false) as currency_differs,
        coalesce(
            (
                pairs.salesforce_currency is null
                or pairs.marketplace_currency is null
                or pairs.salesforce_currency = pairs.marketplace_currency
            )
            and abs(pairs.marketplace_amount - pairs.salesforce_amount) * 100
            > abs(pairs.salesforce_amount) * {{ rule_threshold('DR-06', 'amount_tolerance') }},
            false
        ) as amount_differs,
        coalesce(
            abs({{ days_between('pairs.salesforce_close_date', 'pairs.marketplace_close_date') }})
            > {{ rule_threshold('DR-06', 'close_date_tolerance') }},
            false
        ) as close_date_differs,
        coalesce(pairs.salesforce_class <> pairs.marketplace_class and not pairs.is_decided_otherwise, false)
            as status_differs
    from pairs
),

final as (
    select
        'DR-06' as rule_id,
        'partnerstack' as source,
        'deal_registration' as entity_type,
        compared.deal_registration_id as entity_id,
        compared.partner_id,
        {{ rule_severity('DR-06') }} as severity,
        concat(
            'Deal registration ', coalesce(compared.registration_name, compared.deal_registration_id), ' of ',
            coalesce(compared.partner_name, 'an unknown partner'),
            ' is not the same in the marketplace and in Salesforce:',
            case
                when compared.currency_differs
                    then concat(
                        ' currency ', compared.marketplace_currency, ' and ', compared.salesforce_currency, ';'
                    )
                else ''
            end,
            case
                when compared.amount_differs
                    then concat(
                        ' amount ', cast(compared.marketplace_amount as {{ dbt.type_string() }}), ' and ',
                        cast(compared.salesforce_amount as {{ dbt.type_string() }}), ';'
                    )
                else ''
            end,
            case
                when compared.close_date_differs
                    then concat(
                        ' close date ', cast(compared.marketplace_close_date as {{ dbt.type_string() }}), ' and ',
                        cast(compared.salesforce_close_date as {{ dbt.type_string() }}), ';'
                    )
                else ''
            end,
            case
                when compared.status_differs
                    then concat(
                        ' status ', compared.marketplace_status, ' and ', compared.salesforce_status, ';'
                    )
                else ''
            end,
            ' correct the one that is wrong.'
        ) as title,
        {{ evidence({
            'marketplace_amount': 'compared.marketplace_amount',
            'marketplace_close_date': 'compared.marketplace_close_date',
            'marketplace_currency': 'compared.marketplace_currency',
            'marketplace_key': 'compared.marketplace_key',
            'marketplace_status': 'compared.marketplace_status',
            'salesforce_amount': 'compared.salesforce_amount',
            'salesforce_close_date': 'compared.salesforce_close_date',
            'salesforce_currency': 'compared.salesforce_currency',
            'salesforce_status': 'compared.salesforce_status',
        }) }} as evidence,
        compared.record_url,
        cast(null as date) as existed_since,
        cast(null as date) as due_on,
        coalesce(compared.deal_amount_corporate, compared.amount_corporate) as revenue_at_stake
    from compared
    where
        compared.currency_differs
        or compared.amount_differs
        or compared.close_date_differs
        or compared.status_differs
)

select * from final
