with records as (
    {{ current_records('impartner', 'tier', stamp='_as_of', key='tier_id') | indent(4) }}
),

final as (
    select
        -- keys
        records.tier_id,
        -- attributes
        records.name as tier_name,
        {{ exported_integer('records.rank') }} as tier_rank,
        {{ exported_boolean('records.is_active') }} as is_active,
        {{ exported_integer('records.certified_people_required') }} as certified_people_required,
        {{ exported_number('records.revenue_required', 2) }} as revenue_required,
        -- life
        records._as_of as exported_at
    from records
)

select * from final
