-- Monthly sums by dimension and value. Which metric has which dimension stands in the seed metric_definitions; what a
-- dimension is made of stands in metric_dimensions.
with monthly as (
    select * from {{ ref('int_metric__monthly') }}
),

valued as (
    select
        monthly.metric_id,
        monthly.month_start_date,
        dimensions.dimension,
        case
            when dimensions.first_attribute is null then 'all'
            when dimensions.second_attribute is null
                then {{ attribute_value('dimensions.first_attribute', 'monthly') }}
            else concat(
                {{ attribute_value('dimensions.first_attribute', 'monthly') }},
                '|',
                {{ attribute_value('dimensions.second_attribute', 'monthly') }}
            )
        end as dimension_value,
        monthly.numerator,
        monthly.denominator,
        monthly.n,
        monthly.n_excluded
    from monthly
    inner join {{ ref('metric_definitions') }} as definitions on monthly.metric_id = definitions.metric_id
    inner join {{ ref('metric_dimensions') }} as dimensions
        on concat(';', definitions.dimensions, ';') like concat('%;', dimensions.dimension, ';%')
    where
        not monthly.only_by_opportunity_type
        or dimensions.first_attribute = 'opportunity_type'
        or dimensions.second_attribute = 'opportunity_type'
),

final as (
    select
        valued.metric_id,
        valued.month_start_date,
        valued.dimension,
        valued.dimension_value,
        sum(valued.numerator) as numerator,
        sum(valued.denominator) as denominator,
        sum(valued.n) as n,
        sum(valued.n_excluded) as n_excluded
    from valued
    group by valued.metric_id, valued.month_start_date, valued.dimension, valued.dimension_value
)

select * from final
