"""The lake: append-only Delta tables of record versions, and the only code that opens them.

Whatever can change a number is here. A commit is a batch of new versions together with its watermark, so a reader sees
both or neither. Start at `store.py`, then `table.py`.
"""
