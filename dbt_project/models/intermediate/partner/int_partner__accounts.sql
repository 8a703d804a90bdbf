-- Which accounts stand for a partner. An account that was merged into a partner stands for it too, so that one join
-- on any account id that a record holds both folds merges and tells whether it is a partner.
with accounts as (
    select * from {{ ref('int_account__current') }}
),

survivors as (
    select * from {{ ref('int_account__survivors') }}
),

final as (
    select
        survivors.account_id,
        accounts.account_id as partner_account_id,
        {{ partner_id('accounts.account_id') }} as partner_id
    from survivors
    inner join accounts on survivors.survivor_account_id = accounts.account_id
    where
        accounts.is_partner
        and not accounts.is_deleted
        and not accounts.is_test
        and not accounts.is_own_company
)

select * from final
