# Everything a developer does, and what CI calls. `make help` lists it.
.DEFAULT_GOAL := help
.PHONY: help run runtime dev test test-postgres lint format types contracts budgets bench bench-upgrade bench-restore vendor messages lock audit clean
MAKEFLAGS += --no-print-directory

PORT ?= 8000
BIHUAN_HOME ?= $(CURDIR)/var
JOBS ?= 2
PYTHON := .venv/bin/python
# Tools read the settings, and the settings keep their secrets at home: not in the developer's.
AWAY := BIHUAN_HOME=$(CURDIR)/build/home

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: runtime  ## the demo company at http://127.0.0.1:$PORT (PORT=8000, BIHUAN_HOME=./var)
	@exec env PORT=$(PORT) BIHUAN_HOME="$(BIHUAN_HOME)" $(PYTHON) -m bihuan demo

runtime:  # what the product needs, as locked; nothing to do the second time
	@scripts/venv.sh runtime

dev:  # what developing needs on top
	@scripts/venv.sh dev

test: dev  ## the whole suite on SQLite (ARGS='-k word' to narrow, JOBS=2)
	@DATABASE_URL= $(PYTHON) -m pytest -n $(JOBS) $(ARGS)

test-postgres: dev  ## the whole suite on PostgreSQL (DATABASE_URL, a local server, or a temporary one)
	@scripts/with_postgres.sh $(PYTHON) -m pytest -n $(JOBS) $(ARGS)

lint: dev  ## ruff: rules and layout
	@$(PYTHON) -m ruff check --quiet --output-format concise . && $(PYTHON) -m ruff format --check --quiet . || { echo "make format mends most of it" >&2; exit 1; }

format: dev  ## let ruff mend what it can
	@$(PYTHON) -m ruff check --fix --quiet . ; $(PYTHON) -m ruff format .

types: dev  ## mypy: in full on the kernel and on every domain, queries, rules and public module
	@$(AWAY) $(PYTHON) -m mypy --no-error-summary

contracts: dev  ## import-linter: who may import whom
	@$(PYTHON) -c 'from importlinter.cli import lint_imports_command as lint; lint()' --no-logo

budgets: dev  ## the style budgets: sizes of files, functions and templates, tests to code
	@$(PYTHON) scripts/budgets.py

bench: dev  ## the figures of bench/RESULTS.md on this machine (ARGS=…)
	@$(PYTHON) -m bench $(ARGS)

bench-upgrade: dev  ## kept releases of 500,000 rows become today's program (ARGS='--engine postgres')
	@$(PYTHON) -m bench.upgrade $(ARGS)

bench-restore: dev  ## 10 GB backed up under load and restored (ARGS='--engine postgres --place DIR')
	@$(PYTHON) -m bench.restore $(ARGS)

vendor:  ## fetch fonts and browser files anew from npm (needs npm); commit what changes
	@scripts/vendor_fonts.sh && scripts/vendor_assets.sh

messages: dev  ## collect the texts and compile the English translation (needs gettext)
	@$(AWAY) $(PYTHON) scripts/messages.py

lock: dev  ## resolve the dependencies anew, with hashes; both locks agree
	@scripts/lock.sh

audit: dev  ## known vulnerabilities in what is locked
	@$(PYTHON) -m pip_audit --require-hashes --disable-pip -r requirements.lock

clean:  ## remove what the tools left behind (not .venv, not the data in var)
	@rm -rf build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
