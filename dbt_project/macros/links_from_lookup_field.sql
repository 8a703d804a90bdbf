{#- Links from a look-up field on the deal whose value may have been replaced.

    The value in force on the deal's cutoff day counts, from the moment it was set: the last change on or before that
    day; if the history begins later, the first change's old value; without any history the present value. A replaced
    value is no link. Values that the history does not date stand at the deal's creation.

    kind: link kind; the seed partner_link_fields says what the history calls the field.
    present_column: the deal's present value in int_opportunity__state. -#}
{% macro links_from_lookup_field(kind, present_column) -%}
with deals as (
    select * from {{ ref('int_opportunity__state') }}
    where state <> 'not_yet_created'
),

changes as (
    select
        history.opportunity_id,
        history.old_id,
        history.new_id,
        history.created_at,
        history.opportunity_field_history_id,
        history.created_date <= deals.cutoff_date as is_in_time
    from {{ ref('stg_salesforce__opportunity_field_history') }} as history
    inner join {{ ref('partner_link_fields') }} as fields
        on history.history_field = fields.history_field and fields.link_kind = '{{ kind }}'
    inner join deals on history.opportunity_id = deals.opportunity_id
),

numbered as (
    select
        changes.*,
        row_number() over (
            partition by changes.opportunity_id, changes.is_in_time
            order by changes.created_at desc, changes.opportunity_field_history_id desc
        ) as place_from_last,
        row_number() over (
            partition by changes.opportunity_id, changes.is_in_time
            order by changes.created_at, changes.opportunity_field_history_id
        ) as place_from_first
    from changes
),

in_force as (
    select
        deals.opportunity_id,
        case
            when last_in_time.opportunity_id is not null then last_in_time.new_id
            when first_too_late.opportunity_id is not null then first_too_late.old_id
            else deals.{{ present_column }}
        end as account_id,
        greatest(deals.created_at, last_in_time.created_at) as linked_at,
        deals.account_id as own_account_id
    from deals
    left join numbered as last_in_time
        on
            deals.opportunity_id = last_in_time.opportunity_id
            and last_in_time.is_in_time
            and last_in_time.place_from_last = 1
    left join numbered as first_too_late
        on
            deals.opportunity_id = first_too_late.opportunity_id
            and not first_too_late.is_in_time
            and first_too_late.place_from_first = 1
),

final as (
    select
        in_force.opportunity_id,
        partners.partner_id,
        '{{ kind }}' as link_kind,
        in_force.linked_at,
        false as is_primary
    from in_force
    inner join {{ ref('int_partner__accounts') }} as partners on in_force.account_id = partners.account_id
    where partners.partner_account_id is distinct from in_force.own_account_id
)

select * from final
{%- endmacro %}
