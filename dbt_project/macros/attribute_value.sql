{#- The value of the attribute whose name stands in a column: attributes of mart_metric_lines that dimensions are made of. -#}
{% macro attribute_value(name_column, table) -%}
    case {{ name_column }}
        {%- for attribute in ['opportunity_type', 'account_region', 'size_band', 'attached'] %}
        when '{{ attribute }}' then {{ table }}.{{ attribute }}
        {%- endfor %}
    end
{%- endmacro %}
