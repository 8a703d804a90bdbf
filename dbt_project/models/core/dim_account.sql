with accounts as (
    select * from {{ ref('int_account__current') }}
),

partners as (
    select * from {{ ref('int_partner__accounts') }}
),

final as (
    select
        accounts.account_id,
        accounts.account_name,
        {{ record_url('Account', 'accounts.account_id') }} as record_url,
        accounts.account_type,
        accounts.industry,
        accounts.country_code,
        accounts.region as account_region,
        accounts.domain,
        accounts.owner_id,
        accounts.parent_account_id,
        partners.partner_id,
        accounts.created_at,
        cast(accounts.merged_accounts as bigint) as merged_accounts,
        accounts.is_test,
        accounts.is_own_company,
        accounts.is_deleted
    from accounts
    left join partners on accounts.account_id = partners.account_id
)

select * from final
