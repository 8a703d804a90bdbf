-- Follows MasterRecordId to the end of the chain. A merge into an account that we do not have still ends there.
with recursive accounts as (
    select account_id, master_record_id from {{ ref('stg_salesforce__accounts') }}
),

chain (account_id, survivor_account_id, hops) as (
    select accounts.account_id, accounts.master_record_id, 1
    from accounts
    where accounts.master_record_id is not null

    union all

    select chain.account_id, accounts.master_record_id, chain.hops + 1
    from chain
    inner join accounts on chain.survivor_account_id = accounts.account_id
    -- a circle of merges cannot happen in the CRM; if it did, twenty hops end it
    where accounts.master_record_id is not null and chain.hops < 20
),

ends as (
    select
        chain.account_id,
        chain.survivor_account_id,
        row_number() over (partition by chain.account_id order by chain.hops desc) as place
    from chain
),

final as (
    select
        accounts.account_id,
        coalesce(ends.survivor_account_id, accounts.account_id) as survivor_account_id
    from accounts
    left join ends on accounts.account_id = ends.account_id and ends.place = 1
)

select * from final
