{#- A condition that holds in every row; a row where it is unknown (NULL) fails. -#}
{% test always_true(model, condition) %}
select *
from {{ model }}
where not coalesce({{ condition }}, false)
{% endtest %}
