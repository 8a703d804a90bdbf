with accounts as (
    select * from {{ ref('stg_salesforce__accounts') }}
),

survivors as (
    select * from {{ ref('int_account__survivors') }}
),

-- After a merge the survivor stands at every as_of, with the earliest creation of those it took in.
families as (
    select
        survivors.survivor_account_id,
        min(accounts.created_at) as created_at,
        min(accounts.created_date) as created_date,
        count(*) - 1 as merged_accounts
    from accounts
    inner join survivors on accounts.account_id = survivors.account_id
    group by survivors.survivor_account_id
),

final as (
    select
        accounts.account_id,
        accounts.account_name,
        accounts.account_type,
        accounts.parent_account_id,
        accounts.owner_id,
        accounts.partner_manager_id,
        accounts.industry,
        accounts.country_code,
        coalesce(country_region.region, 'unknown') as region,
        {{ domain_of('accounts.website') }} as domain,
        accounts.partner_type,
        accounts.partner_tier,
        accounts.partner_status,
        accounts.partner_signed_date,
        accounts.partner_onboarded_date,
        families.created_at,
        families.created_date,
        families.merged_accounts,
        accounts.is_deleted,
        coalesce(accounts.is_partner, account_partner_types.account_type is not null) as is_partner,
        accounts.is_test or exists (
            select 1
            from {{ ref('test_name_patterns') }} as test_name_patterns
            where lower(accounts.account_name) like test_name_patterns.pattern
        ) as is_test,
        own_company_domains.domain is not null as is_own_company
    from accounts
    inner join families on accounts.account_id = families.survivor_account_id
    left join {{ ref('country_region') }} as country_region on accounts.country_code = country_region.country_code
    left join {{ ref('account_partner_types') }} as account_partner_types
        on accounts.account_type = account_partner_types.account_type
    left join {{ ref('own_company_domains') }} as own_company_domains
        on {{ domain_of('accounts.website') }} = own_company_domains.domain
)

select * from final
