{#-
  How dbt-duckdb makes tables and views, with fewer statements: 1.5 to 2.5 of the 13 CPU seconds of a build on a
  warehouse that has been built before (147 models). Its own way makes a second relation, renames the old and the new
  one, commits, and drops the old one.

  A table is dropped and made again under its own name, in one transaction, as dbt-duckdb does for tables with foreign
  keys; ours have no keys that DuckDB would know of. A failed model still leaves the table of the build before.
  The next two macros replace those of dbt-duckdb; without them all is slower, and else the same.
-#}
{% macro has_foreign_key_constraints(relation=none) -%}
    {{ return(true) }}
{%- endmacro %}

{% macro may_be_foreign_key_target(relation=none) -%}
    {{ return(false) }}
{%- endmacro %}

{#- A view is replaced, which DuckDB does in one statement. -#}
{% materialization view, adapter='duckdb' %}
    {%- set made = create_or_replace_view() -%}
    {%- do adapter.commit() -%}
    {{ return(made) }}
{% endmaterialization %}

{% macro duckdb__create_view_as(relation, sql) -%}
    create or replace view {{ relation }} as (
        {{ sql }}
    );
{%- endmacro %}
