{#- The columns of mart_metric_lines in their order, so that the families of lines can be put together. What a family
    leaves out is NULL.

    values: column name to SQL. `event_date` for what happens on a day, `valid_from`/`valid_to` for what holds over days. -#}
{% macro line_columns(metric_id, object, values) -%}
    {%- set types = {
        'record_id': dbt.type_string(), 'record_url': dbt.type_string(), 'partner_id': dbt.type_string(),
        'event_date': 'date', 'valid_from': 'date', 'valid_to': 'date',
        'numerator': 'numeric(18, 6)', 'denominator': 'numeric(18, 6)', 'measure': 'numeric(18, 6)',
        'opportunity_type': dbt.type_string(), 'account_region': dbt.type_string(), 'size_band': dbt.type_string(),
        'attached': dbt.type_string(),
        'partner_type': dbt.type_string(), 'tier': dbt.type_string(), 'partner_region': dbt.type_string(),
    } -%}
    '{{ metric_id }}' as metric_id,
        '{{ object }}' as object,
    {%- for column, type in types.items() %}
        cast({{ values.get(column) or 'null' }} as {{ type }}) as {{ column }},
    {%- endfor %}
        {{ values.get('only_by_opportunity_type') or 'false' }} as only_by_opportunity_type
{%- endmacro %}

{#- The partner dimensions of a fact: type and region as they are, the tier on the day of the event. -#}
{% macro partner_dimensions(fact, event_date) -%}
    left join {{ ref('dim_partner') }} as partners on {{ fact }}.partner_id = partners.partner_id
    left join {{ ref('dim_partner_history') }} as tiers
        on
            {{ fact }}.partner_id = tiers.partner_id
            and tiers.attribute = 'tier'
            and {{ event_date }} >= tiers.valid_from
            and (tiers.valid_to is null or {{ event_date }} < tiers.valid_to)
{%- endmacro %}
