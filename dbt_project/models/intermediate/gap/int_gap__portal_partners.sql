-- The portal's partners in the words of the CRM, with the partner that each was matched to.
with records as (
    select
        portal.*,
        {{ domain_of('portal.website') }} as domain
    from {{ ref('stg_impartner__partners') }} as portal
),

final as (
    select
        records.prm_partner_id,
        matches.partner_id,
        records.partner_name,
        records.domain,
        records.crm_id,
        coalesce(status_map.canonical, 'unknown') as partner_status,
        records.status as source_status,
        tier_map.tier,
        records.tier_name as source_tier,
        {{ reporting_day('records.created_at') }} as created_date,
        records.updated_date
    from records
    {{ join_partner('impartner', 'partner', 'records.prm_partner_id', alias='matches') }}
    {{ join_status('impartner', 'partner', 'records.status') }}
    left join {{ ref('tier_map') }} as tier_map on {{ plain_tier('records.tier_name') }} = tier_map.source_tier
    where
        not records.is_test
        and not exists (
            select 1
            from {{ ref('test_name_patterns') }} as test_name_patterns
            where lower(records.partner_name) like test_name_patterns.pattern
        )
        and not exists (
            select 1
            from {{ ref('own_company_domains') }} as own_company_domains
            where records.domain = own_company_domains.domain
        )
)

select * from final
