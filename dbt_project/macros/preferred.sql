{#- One attribute of a record that stands in Salesforce and in an export: the seed source_precedence says whose value
    counts; the other one fills what is NULL. -#}
{% macro preferred(object, attribute, salesforce_value, exported_value) -%}
    case
        when {{ salesforce_counts(object, attribute) }} then coalesce({{ salesforce_value }}, {{ exported_value }})
        else coalesce({{ exported_value }}, {{ salesforce_value }})
    end
{%- endmacro %}

{#- True where Salesforce's value of the attribute comes before the export's. -#}
{% macro salesforce_counts(object, attribute) -%}
    (
        select precedence.source
        from {{ ref('source_precedence') }} as precedence
        where precedence.object = '{{ object }}' and precedence.attribute = '{{ attribute }}' and precedence.rank = 1
    ) = 'salesforce'
{%- endmacro %}
