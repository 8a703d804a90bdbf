-- Leads of a valid partner that became a deal. Deleted and test leads do not count.
with final as (
    select
        leads.lead_id,
        leads.converted_opportunity_id as opportunity_id,
        partners.partner_id,
        partners.partner_account_id,
        leads.created_at,
        leads.converted_date
    from {{ ref('stg_salesforce__leads') }} as leads
    inner join {{ ref('int_partner__accounts') }} as partners on leads.partner_account_id = partners.account_id
    where
        leads.is_converted
        and not leads.is_deleted
        and not leads.is_test
        and not exists (
            select 1
            from {{ ref('test_name_patterns') }} as test_name_patterns
            where lower(leads.lead_name) like test_name_patterns.pattern
        )
)

select * from final
