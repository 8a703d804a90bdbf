{#- Joins that give a record of a source its word of the programme or its partner. One place, so that no model forgets
    a part of the key: the same raw word means different things in different systems. -#}

{#- The canonical status of a source's raw word: alias `status_map`, NULL columns where the seed does not know it. -#}
{% macro join_status(source, object, raw_value) -%}
    left join {{ ref('status_map') }} as status_map
        on
            status_map.source = '{{ source }}'
            and status_map.object = '{{ object }}'
            and {{ raw_value }} = status_map.raw_value
{%- endmacro %}

{#- The partner that a source's record belongs to, as identity found it; NULL columns where nobody was found.
    alias: a model that joins two kinds of records names each. -#}
{% macro join_partner(source, source_object, source_id, alias='partners') -%}
    left join {{ ref('int_partner__source_records') }} as {{ alias }}
        on
            {{ alias }}.source = '{{ source }}'
            and {{ alias }}.source_object = '{{ source_object }}'
            and {{ source_id }} = {{ alias }}.source_id
{%- endmacro %}
