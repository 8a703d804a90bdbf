with awards as (
    select
        certifications.*,
        coalesce(certifications.email, certifications.user_name, certifications.award_id) as person_key,
        coalesce(branches.partner_id, hosts.partner_id) as partner_id,
        coalesce(status_map.canonical, 'unknown') as system_status,
        coalesce(not people.is_there, false) as has_left
    from {{ ref('stg_lms__certifications') }} as certifications
    {{ join_partner('lms', 'branch', 'certifications.branch_code', alias='branches') }}
    {{ join_partner('lms', 'email_domain', 'certifications.email_host', alias='hosts') }}
    {{ join_status('lms', 'certification', 'certifications.status') }}
    left join {{ ref('int_certification__people') }} as people on certifications.email = people.email
),

-- the newest award that had been given by the as-of day counts for a person and certification
numbered as (
    select
        awards.*,
        awards.issued_date <= {{ as_of() }} as is_issued,
        row_number() over (
            partition by awards.person_key, awards.certification, coalesce(awards.issued_date <= {{ as_of() }}, false)
            order by awards.issued_date desc nulls last, awards.award_id desc
        ) as place
    from awards
),

final as (
    select
        numbered.award_id,
        numbered.partner_id,
        numbered.person_key,
        numbered.certification,
        numbered.issued_date,
        numbered.expires_date,
        numbered.system_status,
        coalesce(
            numbered.is_issued and (numbered.expires_date is null or numbered.expires_date >= {{ as_of() }}),
            false
        ) as is_in_force,
        coalesce(numbered.is_issued and numbered.place = 1, false) as is_latest_award,
        numbered.has_left,
        numbered.partner_id is not null as is_eligible,
        case when numbered.partner_id is null then 'no_partner' end as ineligible_reason
    from numbered
)

select * from final
