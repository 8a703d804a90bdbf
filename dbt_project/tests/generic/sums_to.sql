{#- Within each group, the values add up to a fixed total, to the last digit. -#}
{% test sums_to(model, column_name, group_by, total) %}
select
    {{ group_by | join(', ') }},
    sum({{ column_name }}) as found
from {{ model }}
group by {{ group_by | join(', ') }}
having sum({{ column_name }}) <> {{ total }} or sum({{ column_name }}) is null
{% endtest %}
