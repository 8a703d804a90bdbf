"""A release of twelve made-up deals with the columns of the real one, for the tests of this room."""

from __future__ import annotations

from pathlib import Path

import duckdb

_SQL = """
create schema core; create schema marts; create schema meta;
create table meta.metric_definitions as select * from (values
    ('attach_rate_count', 'Attach rate', 'Won deals with a partner, of all won.', 'ratio', 'ratio'),
    ('sourced_revenue', 'Sourced revenue', 'Won amount that partners sourced.', 'money', 'sum'),
    ('win_rate_count', 'Win rate', 'Won of decided.', 'ratio', 'ratio'),
    ('sales_velocity', 'Velocity', 'A formula.', 'money/day', 'derived')
) t(metric_id, title, definition, unit, aggregation);
create table core.fct_opportunities as
select
    'O' || lpad(i::varchar, 2, '0') as opportunity_id, 'Deal ' || i as opportunity_name,
    (i * 100.10)::decimal(18, 2) as amount,
    case i % 3 when 0 then 'sourced' when 1 then 'influenced' else 'direct' end as bucket,
    case when i % 3 = 0 then 'deal_registration' end as sourced_rule,
    case when i % 2 = 0 then 'renewal' else 'new_business' end as opportunity_type,
    case when i % 3 = 2 then 'without' else 'with' end as attached,
    date '2026-01-15' + to_months((i % 6)::integer) as close_date
from range(1, 13) r(i);
create table core.dim_partner as
from (values ('P-1', 'Northwind'), ('P-2', 'Fabrikam')) t(partner_id, partner_name);
create table core.bridge_opportunity_partner_credit as
select opportunity_id, partner_id, credit_model
from core.fct_opportunities, core.dim_partner, (values ('even'), ('primary')) m(credit_model)
where bucket = 'sourced' and (credit_model = 'even' or partner_id = 'P-1');
update core.fct_opportunities set amount = null where opportunity_id = 'O12';
create table marts.mart_metric_lines as
select metric_id, 'Opportunity' as object, opportunity_id as record_id,
    'https://org.example/lightning/r/Opportunity/' || opportunity_id || '/view' as record_url,
    null::varchar as partner_id, close_date::date as event_date,
    null::date as valid_from, null::date as valid_to,
    case metric_id when 'sourced_revenue' then amount else (bucket <> 'direct')::integer end::decimal(18, 6)
        as numerator,
    case metric_id when 'sourced_revenue' then null else 1 end::decimal(18, 6) as denominator,
    null::decimal(18, 6) as measure, opportunity_type, attached,
    metric_id = 'win_rate_count' and opportunity_type = 'renewal' as only_by_opportunity_type
from core.fct_opportunities, (values ('attach_rate_count'), ('sourced_revenue'), ('win_rate_count')) m(metric_id)
where metric_id <> 'sourced_revenue' or bucket = 'sourced';
create table marts.mart_headline_metrics as
with periods as (
    select 'month' as period_grain, m::date as period_start, last_day(m::date) as period_end
    from range(date '2026-01-01', date '2026-07-01', interval 1 month) r(m)
    union all select 'quarter', date '2026-01-01', date '2026-03-31'
    union all select 'quarter', date '2026-04-01', date '2026-06-30'
    union all select 'year', date '2026-01-01', date '2026-12-31'
    union all select 'trailing_4q', date '2025-07-01', date '2026-06-30'
), cells as (
    select *, 'all' as dimension, 'all' as dimension_value from marts.mart_metric_lines
    where not only_by_opportunity_type
    union all select *, 'opportunity_type', opportunity_type from marts.mart_metric_lines
    union all select *, 'attached|opportunity_type', attached || '|' || opportunity_type from marts.mart_metric_lines
), summed as (
    select metric_id, period_grain, period_start, period_end, dimension, dimension_value,
        coalesce(sum(numerator), 0) as above, sum(denominator) as below, count(numerator) as n,
        count(*) - count(numerator) as lacking
    from cells join periods on event_date between period_start and period_end group by all
)
select metric_id, period_grain, period_start, period_end, dimension, dimension_value,
    case when metric_id = 'sourced_revenue' then above else round(above / below, 6) end::decimal(18, 6) as value,
    above::decimal(18, 6) as numerator, below::decimal(18, 6) as denominator,
    n::bigint as n, lacking::bigint as n_excluded,
    case when lacking > 0 then 'no_corporate_amount' end as excluded_reason, date '2026-06-30' as as_of
from summed
union all
select 'sourced_revenue', 'quarter', date '2025-10-01', date '2025-12-31', 'all', 'all', 0, 0, null, 0, 0, null,
    date '2026-06-30';
"""


def write_release(folder: Path) -> Path:
    """The folder of a release with `partner_marts.duckdb` and nothing else."""
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "partner_marts.duckdb")) as connection:
        connection.execute(_SQL)
    return folder
