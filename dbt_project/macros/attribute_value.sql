{#- The attributes of mart_metric_lines that dimensions are made of. -#}
{% macro line_attributes() -%}
    {{ return([
        'opportunity_type', 'account_region', 'size_band', 'attached', 'partner_type', 'tier', 'partner_region'
    ]) }}
{%- endmacro %}

{#- The value of the attribute whose name stands in a column. -#}
{% macro attribute_value(name_column, table) -%}
    case {{ name_column }}
        {%- for attribute in line_attributes() %}
        when '{{ attribute }}' then {{ table }}.{{ attribute }}
        {%- endfor %}
    end
{%- endmacro %}

{#- The value of a dimension (a row of metric_dimensions) for a row with the lines' attributes. -#}
{% macro dimension_value(dimensions, table) -%}
    case
        when {{ dimensions }}.first_attribute is null then 'all'
        when {{ dimensions }}.second_attribute is null
            then {{ attribute_value(dimensions ~ '.first_attribute', table) }}
        else concat(
            {{ attribute_value(dimensions ~ '.first_attribute', table) }},
            '|',
            {{ attribute_value(dimensions ~ '.second_attribute', table) }}
        )
    end
{%- endmacro %}

{#- True where a row counts in a dimension: renewals in some metrics only where it names the opportunity type. -#}
{% macro counts_in_dimension(dimensions, table) -%}
    (
        not {{ table }}.only_by_opportunity_type
        or {{ dimensions }}.first_attribute = 'opportunity_type'
        or {{ dimensions }}.second_attribute = 'opportunity_type'
    )
{%- endmacro %}
