{%- set families = ['deals', 'registrations', 'claims', 'leads', 'partners'] -%}
with final as (
    {%- for family in families %}
    select * from {{ ref('int_metric__lines_' ~ family) }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
)

select * from final
