"""Dagster, and Dagster only here: assets, checks, jobs, schedules and sensors around functions that know nothing of it."""
