-- From when to when a partner was active, never before its account was created.
with partners as (
    select
        dim_partner.partner_id,
        {{ reporting_day('dim_partner.created_at') }} as created_date
    from {{ ref('dim_partner') }} as dim_partner
),

final as (
    select
        partners.partner_id,
        greatest(history.valid_from, partners.created_date) as active_from,
        history.valid_to as active_to
    from partners
    inner join {{ ref('dim_partner_history') }} as history
        on
            partners.partner_id = history.partner_id
            and history.attribute = 'status'
            and history.attribute_value = 'active'
            and (history.valid_to is null or history.valid_to > partners.created_date)
)

select * from final
