{#- Two tables have equally many rows: nothing was dropped or multiplied on the way. -#}
{% test row_count_equal(model, to) %}
select here.row_count as rows_here, there.row_count as rows_there
from (select count(*) as row_count from {{ model }}) as here
cross join (select count(*) as row_count from {{ to }}) as there
where here.row_count <> there.row_count
{% endtest %}
