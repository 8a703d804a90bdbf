{#- The newest version of every record of a lake table, deleted ones included. Bind's views hold all versions.
    The version order is the lake's own: the source's stamp, then the commit, then the batch. A window and not QUALIFY,
    which PostgreSQL lacks.

    stamp: the source's own order of versions, none where it has none. For export files it is `_as_of`: the day of the
    file counts, not the day on which it was dropped.
    key: one column or a list of them. -#}
{% macro current_records(source_name, table_name, stamp='system_modstamp', key='id') -%}
    {%- set keys = [key] if key is string else key -%}
    select versions.*
    from (
        select
            lake.*,
            row_number() over (
                partition by {% for part in keys %}lake.{{ part }}{% if not loop.last %}, {% endif %}{% endfor %}
                order by
                    {% if stamp %}lake.{{ stamp }} desc nulls last,
                    {% endif -%}
                    lake._committed_at desc nulls last,
                    lake._batch_id desc nulls last
            ) as _version_from_newest
        from {{ source(source_name, table_name) }} as lake
    ) as versions
    where versions._version_from_newest = 1
{%- endmacro %}
