-- One list to join on: currency and day. The corporate currency converts at 1; an org with any dated rates uses only
-- those, so that a currency without a rate becomes a visible gap; an org without them uses the static ones. A
-- single-currency org has no currency types and no currency on its records, which the empty code stands for.
with currency_types as (
    select * from {{ ref('stg_salesforce__currency_types') }}
),

dated_rates as (
    select
        rates.*,
        row_number() over (partition by rates.iso_code, rates.start_date order by rates.dated_conversion_rate_id desc)
            as place
    from {{ ref('stg_salesforce__dated_conversion_rates') }} as rates
),

-- The next start ends a rate even where the record says that it ends later: no day may find two rates.
dated as (
    select
        dated_rates.iso_code,
        dated_rates.start_date as valid_from,
        least(
            dated_rates.next_start_date,
            lead(dated_rates.start_date) over (partition by dated_rates.iso_code order by dated_rates.start_date)
        ) as valid_to,
        dated_rates.conversion_rate
    from dated_rates
    where dated_rates.place = 1
),

corporate as (
    select distinct currency_types.iso_code
    from currency_types
    where currency_types.is_corporate
),

listed as (
    select
        corporate.iso_code,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to,
        cast(1 as numeric(18, 6)) as conversion_rate,
        'corporate' as rate_kind
    from corporate

    union all

    select '', null, null, 1, 'corporate'
    where not exists (select 1 from currency_types)

    union all

    select dated.iso_code, dated.valid_from, dated.valid_to, dated.conversion_rate, 'dated'
    from dated
    where dated.iso_code not in (select corporate.iso_code from corporate)

    union all

    select currency_types.iso_code, null, null, currency_types.conversion_rate, 'static'
    from currency_types
    where not currency_types.is_corporate and not exists (select 1 from dated)
),

final as (
    select
        listed.iso_code,
        listed.valid_from,
        listed.valid_to,
        cast(listed.conversion_rate as numeric(18, 6)) as conversion_rate,
        listed.rate_kind
    from listed
    where listed.conversion_rate > 0
)

select * from final
