-- The seed's default, unless an override holds on the as-of day; of several overrides the latest start wins.
with defaults as (
    select * from {{ ref('policy') }}
),

overrides as (
    select
        overrides.*,
        row_number() over (partition by overrides.name order by overrides.valid_from desc) as place
    from {{ ref('int_policy__overrides') }} as overrides
    where overrides.is_usable and overrides.valid_from_date <= {{ as_of() }}
),

final as (
    select
        defaults.name,
        coalesce(overrides.value, defaults.value) as value,
        defaults.unit,
        case when overrides.name is null then 'default' else 'override' end as origin,
        overrides.valid_from
    from defaults
    left join overrides on defaults.name = overrides.name and overrides.place = 1
)

select * from final
