"""Dagster, and Dagster only here: assets, checks, jobs, schedules and sensors around what knows nothing of it."""
