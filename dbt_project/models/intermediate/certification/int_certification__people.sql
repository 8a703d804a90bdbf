-- Who left: people whose contacts, found by e-mail, have all been deleted. One row per e-mail that the CRM knows.
with final as (
    select
        lower(trim(contacts.email)) as email,
        {{ any_true('not contacts.is_deleted') }} as is_there
    from {{ ref('stg_salesforce__contacts') }} as contacts
    where trim(contacts.email) <> ''
    group by lower(trim(contacts.email))
)

select * from final
