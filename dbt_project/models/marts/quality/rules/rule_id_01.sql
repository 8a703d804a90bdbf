with portal as (
    select * from {{ ref('int_gap__portal_partners') }}
    where partner_id is null and partner_status = 'active'
),

marketplace as (
    select * from {{ ref('int_gap__marketplace_partners') }}
    where partner_id is null
),

unmatched as (
    select
        'impartner' as source,
        concat('impartner:', portal.prm_partner_id) as entity_id,
        concat(
            'The portal''s active partner ', coalesce(portal.partner_name, portal.prm_partner_id), ' (',
            portal.prm_partner_id, ') matches no partner account in Salesforce; enter its Salesforce id in the portal.'
        ) as title,
        {{ evidence({
            'crm_id': 'portal.crm_id',
            'domain': 'portal.domain',
            'match': 'xref.evidence',
            'name': 'portal.partner_name',
            'status': 'portal.source_status',
        }) }} as evidence,
        portal.created_date as existed_since
    from portal
    left join {{ ref('bridge_partner_xref') }} as xref
        on
            xref.source = 'impartner'
            and xref.source_object = 'partner'
            and portal.prm_partner_id = xref.source_id

    union all

    select
        'partnerstack',
        concat('partnerstack:', marketplace.partner_key),
        concat(
            'The marketplace''s partner ', marketplace.partner_key, ' has ',
            cast(marketplace.deals as {{ dbt.type_string() }}),
            ' deals and matches no partner account in Salesforce.'
        ),
        {{ evidence({
            'deals': 'marketplace.deals',
            'match': 'xref.evidence',
            'partner_key': 'marketplace.partner_key',
        }) }},
        marketplace.first_deal_date
    from marketplace
    left join {{ ref('bridge_partner_xref') }} as xref
        on
            xref.source = 'partnerstack'
            and xref.source_object = 'partner'
            and marketplace.partner_key = xref.source_id
),

final as (
    select
        'ID-01' as rule_id,
        unmatched.source,
        'source_record' as entity_type,
        unmatched.entity_id,
        cast(null as {{ dbt.type_string() }}) as partner_id,
        {{ rule_severity('ID-01') }} as severity,
        unmatched.title,
        unmatched.evidence,
        cast(null as {{ dbt.type_string() }}) as record_url,
        unmatched.existed_since,
        cast(null as date) as due_on,
        cast(null as numeric(18, 2)) as revenue_at_stake
    from unmatched
)

select * from final
