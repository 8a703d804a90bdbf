-- All credit goes to one partner: the partner of the latest touch; ties go to the smallest partner id.
with ranked as (
    select
        partners.opportunity_id,
        partners.partner_id,
        row_number() over (
            partition by partners.opportunity_id
            order by
                partners.last_touch_at desc, partners.partner_id
        ) as place
    from {{ ref('int_opportunity__credited_partners') }} as partners
),

final as (
    select
        ranked.opportunity_id,
        ranked.partner_id,
        'last_touch' as credit_model,
        cast(1 as numeric(18, 12)) as weight,
        amounts.amount
    from ranked
    inner join {{ ref('int_opportunity__amounts') }} as amounts on ranked.opportunity_id = amounts.opportunity_id
    where ranked.place = 1
)

select * from final
