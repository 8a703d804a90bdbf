"""Tells people about gaps: when one opens, now and then while it stays, when it gets worse, and once when it is over.

The way of a message: observations of an evaluation -> `state_machine.step` (pure) -> `outbox` (SQLite, one transaction)
-> `messages` (rendered at the moment of sending) -> a channel. Everything is driven by `deliver.evaluate_and_deliver`.
"""
