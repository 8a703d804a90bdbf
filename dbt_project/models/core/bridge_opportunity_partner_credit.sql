{%- set credit_models = ['primary', 'even', 'first_touch', 'last_touch'] -%}
with final as (
    {%- for credit_model in credit_models %}
    select opportunity_id, partner_id, credit_model, weight, amount
    from {{ ref('int_opportunity__credit_' ~ credit_model) }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
)

select * from final
