{#- The key of a table: no two rows share it and no part of it is NULL, but for the parts named in `nullable`, where NULL is a
    value like any other. One query instead of one per column. -#}
{% test unique_combination(model, columns, nullable=[]) %}
select
    {% for column in columns %}{{ column }},
    {% endfor -%}
    count(*) as rows_with_this_key
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
    {%- for column in columns if column not in nullable %} or {{ column }} is null{% endfor %}
{% endtest %}
