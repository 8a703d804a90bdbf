{%- set kinds = ['partner_list', 'partner_account', 'deal_registration', 'lead', 'fulfillment_partner'] -%}
with final as (
    {%- for kind in kinds %}
    select opportunity_id, partner_id, link_kind, linked_at, is_primary
    from {{ ref('int_opportunity__links_' ~ kind) }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
)

select * from final
