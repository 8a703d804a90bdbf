-- Amounts in the corporate currency, at the rate in force on the close date of a decided deal, else on the earlier of
-- close date and as-of day. No rate gives no amount, never rate 1.
with opportunities as (
    select
        state.opportunity_id,
        state.amount,
        coalesce(state.currency_iso_code, '') as currency_iso_code,
        case
            when state.state in ('won', 'lost') then state.close_date
            else least(state.close_date, {{ as_of() }})
        end as rate_date
    from {{ ref('int_opportunity__state') }} as state
),

converted as (
    select
        opportunities.opportunity_id,
        opportunities.rate_date,
        rates.conversion_rate,
        coalesce(rates.rate_kind, 'none') as rate_kind,
        case
            when rates.rate_kind = 'corporate' then opportunities.amount
            else {{ divide_money('opportunities.amount', 'rates.conversion_rate') }}
        end as amount
    from opportunities
    left join {{ ref('int_currency__rates') }} as rates
        on
            opportunities.currency_iso_code = rates.iso_code
            and (rates.valid_from is null or opportunities.rate_date >= rates.valid_from)
            and (rates.valid_to is null or opportunities.rate_date < rates.valid_to)
),

final as (
    select
        converted.opportunity_id,
        converted.rate_date,
        converted.conversion_rate,
        converted.rate_kind,
        cast(converted.amount as numeric(18, 2)) as amount,
        coalesce(size_bands.size_band, 'unknown') as size_band
    from converted
    left join {{ ref('size_bands') }} as size_bands
        on
            converted.amount is not null
            and (size_bands.at_least is null or converted.amount >= size_bands.at_least)
            and (size_bands.below is null or converted.amount < size_bands.below)
)

select * from final
