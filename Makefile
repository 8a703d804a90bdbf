# One place for every command; `make help` lists them. Needs Python 3.11+, pip, make and git, nothing else.
# PARTNEROPS_HOME and all other settings pass through the environment, so a blank in a path is no trouble.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed-test
LINTERS := .venv/.installed-dev
WORKERS ?= 2

DEMO_OPTIONS = $(if $(PARTNERS),--partners "$(PARTNERS)") $(if $(SEED),--seed "$(SEED)") $(if $(AS_OF),--as-of "$(AS_OF)")

.PHONY: help
help:  ## what there is
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: $(INSTALLED)  ## the whole way on an emulated Salesforce org (PARTNERS=500 SEED=7 AS_OF=2026-06-30)
	@$(BIN)/partnerops demo $(DEMO_OPTIONS)

.PHONY: dev
dev: $(INSTALLED)  ## Dagster's web UI, on the demo org unless an org is configured (PORT=3000)
	@$(BIN)/partnerops dev $(if $(PORT),--port "$(PORT)") $(DEMO_OPTIONS)

.PHONY: test
test: $(INSTALLED)  ## every quick test; nothing outside this machine
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

.PHONY: test-long
test-long: $(INSTALLED)  ## the long ones: all kills, all seeds, all days
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m long

.PHONY: lint
lint: $(LINTERS)  ## style and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

.PHONY: bench
bench: $(INSTALLED)  ## where the time goes, side by side with what it is compared to
	@failed=0; for script in benchmarks/*.py; do echo; echo "== $$script"; $(BIN)/python "$$script" || failed=1; done; exit $$failed

.PHONY: clean
clean:  ## remove what can be made again: environment, caches, compiled dbt; never the data
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info dbt_project/target dbt_project/logs logs
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; set PYTHON=.") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv .venv

$(INSTALLED): .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing into .venv (a minute or two, once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@

$(LINTERS): $(INSTALLED)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,dev]'
	@touch $@
