-- The marketplace's partners, as far as they have deals, with the partner that each was matched to.
with deals as (
    select
        deals.partner_key,
        count(*) as deals,
        min({{ reporting_day('deals.created_at') }}) as first_deal_date
    from {{ ref('stg_partnerstack__deals') }} as deals
    where not deals.is_test and deals.partner_key is not null
    group by deals.partner_key
),

final as (
    select deals.partner_key, matches.partner_id, deals.deals, deals.first_deal_date
    from deals
    {{ join_partner('partnerstack', 'partner', 'deals.partner_key', alias='matches') }}
)

select * from final
