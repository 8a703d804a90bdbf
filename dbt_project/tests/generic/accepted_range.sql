{#- Values lie between two bounds, both included; NULL passes. -#}
{% test accepted_range(model, column_name, at_least=none, at_most=none) %}
select *
from {{ model }}
where
    false
    {%- if at_least is not none %} or {{ column_name }} < {{ at_least }}{% endif %}
    {%- if at_most is not none %} or {{ column_name }} > {{ at_most }}{% endif %}
{% endtest %}
