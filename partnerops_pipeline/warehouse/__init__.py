"""The warehouse: the lake bound to one state of knowledge, and dbt run on it.

The only code that opens warehouse.duckdb. Start at `transform.py`: lock, bind, build, test, leave the evidence that
publishing demands.
"""
