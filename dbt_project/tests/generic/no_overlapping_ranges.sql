{#- Half-open ranges of one key do not overlap; an open end is NULL. -#}
{% test no_overlapping_ranges(model, key, starts, ends) %}
select earlier.{{ key }}, earlier.{{ starts }}, later.{{ starts }} as next_start
from {{ model }} as earlier
inner join {{ model }} as later
    on earlier.{{ key }} = later.{{ key }} and earlier.{{ starts }} < later.{{ starts }}
where earlier.{{ ends }} is null or earlier.{{ ends }} > later.{{ starts }}
{% endtest %}
