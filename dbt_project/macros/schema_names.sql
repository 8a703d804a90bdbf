{#- Schemas are exactly staging, intermediate, core, marts, quality and meta: analysts type these names, and a prefix by
    user or target would break their queries between environments. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema if custom_schema_name is none else custom_schema_name | trim }}
{%- endmacro %}
