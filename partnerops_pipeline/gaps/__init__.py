"""The gaps that a release holds: listing them, accepting one for a time, and remembering what each evaluation found.

Rules and history are dbt models (`dbt_project/models/marts/quality`). Here is what happens after a release is
published. Start at `ledger.py`.
"""
