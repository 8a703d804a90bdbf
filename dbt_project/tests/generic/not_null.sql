{#- In place of dbt's own, which selects the column alone: who looks at the failing rows would see a column of nulls. -#}
{% test not_null(model, column_name) %}
select *
from {{ model }}
where {{ column_name }} is null
{% endtest %}
