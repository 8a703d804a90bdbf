"""Which partner a record of another system belongs to, decided by rules that can be read, and kept in the lake.

`resolve.py` is the way in; `sql/cascade.sql` holds the steps.
"""
