-- All credited partners share evenly. Weights are 1 ÷ n at twelve places and the last partner takes the remainder, so
-- that they sum to exactly 1; money is split to the cent, left-over cents go out one by one in order of partner id.
with numbered as (
    select
        partners.opportunity_id,
        partners.partner_id,
        row_number() over (partition by partners.opportunity_id order by partners.partner_id) as place,
        count(*) over (partition by partners.opportunity_id) as partner_count
    from {{ ref('int_opportunity__credited_partners') }} as partners
),

shared as (
    select
        numbered.*,
        amounts.amount,
        {{ divide_exactly('1', 'numbered.partner_count', 0, 0, 12) }} as share,
        cast({{ whole_units('amounts.amount', 2) }} as bigint) as cents
    from numbered
    inner join {{ ref('int_opportunity__amounts') }} as amounts on numbered.opportunity_id = amounts.opportunity_id
),

split as (
    select
        shared.*,
        {{ whole_quotient('shared.cents', 'shared.partner_count') }} as whole_cents
    from shared
),

final as (
    select
        split.opportunity_id,
        split.partner_id,
        'even' as credit_model,
        cast(
            case
                when split.place = split.partner_count then 1 - (split.partner_count - 1) * split.share
                else split.share
            end as numeric(18, 12)
        ) as weight,
        cast(
            case when split.amount < 0 then -1 else 1 end
            * (
                split.whole_cents
                + case when split.place <= split.cents - split.whole_cents * split.partner_count then 1 else 0 end
            )
            * cast(0.01 as numeric(3, 2)) as numeric(18, 2)
        ) as amount
    from split
)

select * from final
