-- Overrides beside the default that they replace. One with an unknown name, or with letters where a number belongs, is
-- not usable: the default stands and a test fails, for half a policy is worse than the one before.
with overrides as (
    select * from {{ ref('stg_partnerops__policy_overrides') }}
),

final as (
    select
        overrides.name,
        overrides.valid_from,
        overrides.valid_from_date,
        overrides.value,
        coalesce(
            case
                when defaults.unit in ('days', 'month', 'records')
                    then overrides.value <> '' and translate(overrides.value, '0123456789', '') = ''
                when defaults.unit = 'date' then translate(overrides.value, '0123456789', '') = '--'
                when defaults.name = 'default_credit_model'
                    then overrides.value in ('even', 'primary', 'first_touch', 'last_touch')
                else defaults.name is not null and overrides.value is not null
            end,
            false
        ) as is_usable
    from overrides
    left join {{ ref('policy') }} as defaults on overrides.name = defaults.name
)

select * from final
