-- The rate of the day on which the claim was submitted, else of the as-of day; no rate gives no amount, never rate 1.
with claims as (
    select
        claims.mdf_claim_id,
        claims.claimed_amount,
        coalesce(claims.currency, '') as currency,
        least(coalesce(claims.submitted_date, {{ as_of() }}), {{ as_of() }}) as rate_date
    from {{ ref('fct_mdf_claims') }} as claims
),

final as (
    select
        claims.mdf_claim_id,
        cast(
            case
                when rates.rate_kind = 'corporate' then claims.claimed_amount
                else {{ divide_money('claims.claimed_amount', 'rates.conversion_rate') }}
            end as numeric(18, 2)
        ) as claimed_amount_corporate
    from claims
    left join {{ ref('int_currency__rates') }} as rates
        on
            claims.currency = rates.iso_code
            and (rates.valid_from is null or claims.rate_date >= rates.valid_from)
            and (rates.valid_to is null or claims.rate_date < rates.valid_to)
)

select * from final
