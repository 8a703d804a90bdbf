-- Every partner has a status and a tier on every day: stretches without gap or overlap, the last of them open.
with stretches as (
    select
        history.*,
        lead(history.valid_from) over (partition by history.partner_id, history.attribute order by history.valid_from)
            as next_from
    from {{ ref('dim_partner_history') }} as history
)

select partner_id, attribute, valid_from, valid_to, next_from
from stretches
where valid_to is distinct from next_from

union all

select partners.partner_id, attributes.attribute, null, null, null
from {{ ref('dim_partner') }} as partners
cross join (select 'status' as attribute union all select 'tier') as attributes
left join stretches
    on
        partners.partner_id = stretches.partner_id
        and attributes.attribute = stretches.attribute
        and stretches.valid_to is null
where stretches.partner_id is null
