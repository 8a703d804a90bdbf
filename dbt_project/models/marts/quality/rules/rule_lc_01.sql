with in_force as (
    select distinct awards.person_key, awards.certification
    from {{ ref('fct_certifications') }} as awards
    where awards.is_in_force
),

expired as (
    select
        awards.*,
        partners.partner_name,
        partners.tier,
        requirements.certified_people_required
    from {{ ref('fct_certifications') }} as awards
    inner join {{ ref('dim_partner') }} as partners on awards.partner_id = partners.partner_id and partners.is_active
    inner join {{ ref('int_gap__tier_requirements') }} as requirements
        on partners.tier = requirements.tier and requirements.certified_people_required > 0
    left join in_force
        on awards.person_key = in_force.person_key and awards.certification = in_force.certification
    where
        awards.expires_date < {{ as_of() }}
        and awards.system_status = 'active'
        and not awards.has_left
        and awards.is_eligible
        and in_force.certification is null
),

final as (
    select
        'LC-01' as rule_id,
        'lms' as source,
        'certification' as entity_type,
        expired.award_id as entity_id,
        expired.partner_id,
        {{ rule_severity('LC-01') }} as severity,
        concat(
            'The certification ', expired.certification, ' (', expired.award_id, ') at ', expired.partner_name,
            ' expired on ', cast(expired.expires_date as {{ dbt.type_string() }}),
            ', but the learning system still counts it as active.'
        ) as title,
        {{ evidence({
            'certification': 'expired.certification',
            'expired_on': 'expired.expires_date',
            'issued_on': 'expired.issued_date',
            'people_required': 'expired.certified_people_required',
            'system_status': 'expired.system_status',
            'tier': 'expired.tier',
        }) }} as evidence,
        cast(null as {{ dbt.type_string() }}) as record_url,
        expired.expires_date as existed_since,
        cast(null as date) as due_on,
        cast(null as numeric(18, 2)) as revenue_at_stake
    from expired
)

select * from final
