with pairs as (
    select
        partners.*,
        portal.prm_partner_id,
        portal.tier as portal_tier,
        portal.source_tier,
        tiers.account_tier,
        tiers.programme_tier
    from {{ ref('int_gap__portal_partners') }} as portal
    inner join {{ ref('dim_partner') }} as partners on portal.partner_id = partners.partner_id
    left join {{ ref('int_gap__partner_tiers') }} as tiers on partners.partner_id = tiers.partner_id
    where partners.is_active and partners.is_created_by_as_of
),

judged as (
    select
        pairs.*,
        coalesce(pairs.tier <> 'unknown' and pairs.portal_tier <> pairs.tier, false) as portal_differs,
        coalesce(pairs.account_tier <> pairs.programme_tier, false) as salesforce_differs
    from pairs
),

final as (
    select
        'TI-01' as rule_id,
        case when judged.portal_differs then 'impartner' else 'salesforce' end as source,
        'partner_record' as entity_type,
        concat(judged.partner_id, '/', judged.prm_partner_id) as entity_id,
        judged.partner_id,
        {{ rule_severity('TI-01') }} as severity,
        concat(
            judged.partner_name,
            case
                when judged.portal_differs
                    then concat(' is ', judged.portal_tier, ' in the portal and ', judged.tier, ' in Salesforce.')
                else concat(
                    ' is ', judged.account_tier, ' on its Salesforce account and ', judged.programme_tier,
                    ' in its programme membership.'
                )
            end
        ) as title,
        {{ evidence({
            'portal_partner_id': 'judged.prm_partner_id',
            'portal_tier': 'judged.source_tier',
            'salesforce_account_tier': 'judged.account_tier',
            'salesforce_programme_tier': 'judged.programme_tier',
        }) }} as evidence,
        judged.record_url,
        cast(null as date) as existed_since,
        cast(null as date) as due_on,
        cast(null as numeric(18, 2)) as revenue_at_stake
    from judged
    where judged.portal_differs or judged.salesforce_differs
)

select * from final
