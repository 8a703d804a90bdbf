-- Monthly sums by dimension and value. Which metric has which dimension stands in the seed metric_definitions; what a
-- dimension is made of stands in metric_dimensions.
with monthly as (
    select * from {{ ref('metric_monthly') }}
),

valued as (
    select
        monthly.metric_id,
        monthly.month_start_date,
        monthly.valid_from,
        monthly.valid_to,
        dimensions.dimension,
        {{ dimension_value('dimensions', 'monthly') | indent(8) }} as dimension_value,
        monthly.numerator,
        monthly.denominator,
        monthly.n,
        monthly.n_excluded
    from monthly
    inner join {{ ref('metric_definitions') }} as definitions on monthly.metric_id = definitions.metric_id
    inner join {{ ref('metric_dimensions') }} as dimensions
        on concat(';', definitions.dimensions, ';') like concat('%;', dimensions.dimension, ';%')
    where {{ counts_in_dimension('dimensions', 'monthly') }}
),

final as (
    select
        valued.metric_id,
        valued.month_start_date,
        valued.valid_from,
        valued.valid_to,
        valued.dimension,
        valued.dimension_value,
        cast(sum(valued.numerator) as numeric(18, 6)) as numerator,
        cast(sum(valued.denominator) as numeric(18, 6)) as denominator,
        cast(sum(valued.n) as bigint) as n,
        cast(sum(valued.n_excluded) as bigint) as n_excluded
    from valued
    group by
        valued.metric_id,
        valued.month_start_date,
        valued.valid_from,
        valued.valid_to,
        valued.dimension,
        valued.dimension_value
)

select * from final
