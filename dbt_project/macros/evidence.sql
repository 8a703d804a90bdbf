{#- The values that prove a gap, as a JSON object of texts with sorted keys, so that equal values are equal bytes. Money
    and days are texts, too: a JSON number would become a float in most readers. No personal data belongs here.
    values: name -> SQL expression. -#}
{% macro evidence(values) -%}
    concat(
        '{'
        {%- for name in values.keys() | sort %},
        '{{ ", " if not loop.first }}"{{ name }}": ', {{ json_text(values[name]) }}
        {%- endfor %},
        '}'
    )
{%- endmacro %}

{#- A value as JSON text; NULL is null. Tabs and line breaks become blanks. -#}
{% macro json_text(value) -%}
    coalesce(
        '"' || replace(
            replace(
                translate(
                    nullif(cast({{ value }} as {{ dbt.type_string() }}), ''), chr(9) || chr(10) || chr(13), '   '
                ),
                chr(92), chr(92) || chr(92)
            ),
            '"', chr(92) || '"'
        ) || '"',
        'null'
    )
{%- endmacro %}
