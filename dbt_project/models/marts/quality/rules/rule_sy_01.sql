-- A status that either side does not say, or says in a word that nobody mapped, contradicts nothing.
with pairs as (
    select
        partners.*,
        portal.prm_partner_id,
        portal.partner_status as portal_status,
        portal.updated_date
    from {{ ref('int_gap__portal_partners') }} as portal
    inner join {{ ref('dim_partner') }} as partners on portal.partner_id = partners.partner_id
    where
        portal.partner_status <> 'unknown'
        and partners.partner_status <> 'unknown'
        and partners.is_created_by_as_of
),

final as (
    select
        'SY-01' as rule_id,
        'impartner' as source,
        'partner_record' as entity_type,
        concat(pairs.partner_id, '/', pairs.prm_partner_id) as entity_id,
        pairs.partner_id,
        {{ rule_severity('SY-01') }} as severity,
        concat(
            pairs.partner_name, ' is ', pairs.portal_status, ' in the portal and ', pairs.partner_status,
            ' in Salesforce.'
        ) as title,
        {{ evidence({
            'portal_partner_id': 'pairs.prm_partner_id',
            'portal_status': 'pairs.portal_status',
            'portal_updated_on': 'pairs.updated_date',
            'salesforce_status': 'pairs.partner_status',
        }) }} as evidence,
        pairs.record_url,
        cast(null as date) as existed_since,
        cast(null as date) as due_on,
        cast(null as numeric(18, 2)) as revenue_at_stake
    from pairs
    where (pairs.portal_status = 'active') <> (pairs.partner_status = 'active')
)

select * from final
