"""Extraction from Salesforce: logs in, describes, reads by Bulk API 2.0 or REST, and commits typed pages to the lake.

The room knows HTTP and Salesforce; it knows nothing of Dagster or dbt, nor whether the other side is Salesforce
itself or the emulator of the demo. Start at `extract.py`.
"""
