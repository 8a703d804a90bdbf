-- A change counts on its own day; of several on a day the last one does. Before the first change its old value held; without
-- any change the present value always did.
with changes as (
    select
        changes.*,
        row_number() over (
            partition by changes.partner_id, changes.attribute
            order by changes.created_at, changes.change_id
        ) as place,
        row_number() over (
            partition by changes.partner_id, changes.attribute, changes.created_date
            order by changes.created_at desc, changes.change_id desc
        ) as place_in_day
    from {{ ref('int_partner__attribute_changes') }} as changes
),

starts as (
    select
        changes.partner_id,
        changes.attribute,
        changes.old_value as attribute_value,
        {{ policy('calendar_start_date', 'date') }} as valid_from
    from changes
    where changes.place = 1

    union all

    select
        changes.partner_id,
        changes.attribute,
        changes.new_value,
        changes.created_date
    from changes
    where changes.place_in_day = 1 and changes.created_date <= {{ as_of() }}

    union all

    select
        partners.partner_id,
        attributes.attribute,
        case attributes.attribute when 'status' then partners.partner_status else partners.tier end,
        {{ policy('calendar_start_date', 'date') }}
    from {{ ref('dim_partner') }} as partners
    cross join (select 'status' as attribute union all select 'tier') as attributes
    where not exists (
        select 1
        from changes
        where changes.partner_id = partners.partner_id and changes.attribute = attributes.attribute
    )
),

-- neighbours with equal values are one row
marked as (
    select
        starts.*,
        lag(starts.attribute_value) over (partition by starts.partner_id, starts.attribute order by starts.valid_from)
            as value_before
    from starts
),

final as (
    select
        marked.partner_id,
        marked.attribute,
        marked.attribute_value,
        marked.valid_from,
        lead(marked.valid_from) over (partition by marked.partner_id, marked.attribute order by marked.valid_from)
            as valid_to
    from marked
    where marked.attribute_value is distinct from marked.value_before
)

select * from final
