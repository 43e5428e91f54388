# Two commands matter: `make demo` shows a living operator, `make test` proves that all of it works.
# Everything else serves those who work on Utenza. `make help` lists them.

SHELL := /bin/sh
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

VENV := .venv
BIN := $(VENV)/bin
UTENZA := $(BIN)/utenza
LOCALES := src/utenza/locale
CATALOGUES := $(wildcard $(LOCALES)/*/LC_MESSAGES/*.po)
COMPILED := $(CATALOGUES:.po=.mo)

# What can be said on the command line.
PYTHON ?= python3
DEMO_SERVE ?= 1
JOBS ?= 2
TESTS ?= tests
BENCHES ?= web
SHORT ?= 0
ADDRESS ?= http://127.0.0.1:8000
export PYTHON

.PHONY: help env env-dev demo test lint format lab bench soak requirements schema messages screenshots clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

env: $(VENV)/.stamp-base $(COMPILED) ## Make the Python environment that Utenza runs in

env-dev: env $(VENV)/.stamp-dev

demo: env ## Live through an invented operator's months, then serve it (DEMO_SERVE=0 stops there)
	@DEMO_SERVE=$(DEMO_SERVE) $(UTENZA) demo

test: env-dev ## Run the tests (TESTS=tests/billing for some, JOBS=2 processes)
	@$(BIN)/python -m pytest -n $(JOBS) $(TESTS)

lint: env-dev ## Check style, types and the contracts of the architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -n 0 tests/architecture

format: env-dev ## Write the code in the one style
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

lab: ## Install the network elements and the browser that the lab tests drive (as root)
	@scripts/lab.sh

bench: env ## Measure (BENCHES="web rating", SHORT=1 for a short run)
	@set -e; for bench in $(BENCHES); do UTENZA_BENCH_SHORT=$(SHORT) $(UTENZA) bench $$bench --json; done

soak: env-dev ## Search for counter-examples, an hour at most: every property with fifty times the examples
	@timeout --foreground --signal=INT --kill-after=60 60m \
	    $(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal --hypothesis-profile=soak -m "not lab" \
	    $$(grep -rl '@given' tests --include='test_*.py')

screenshots: env-dev ## Take the pictures of the documentation from a demo that is served (ADDRESS=http://127.0.0.1:8000)
	@$(BIN)/python -m tests.web.pictures $(ADDRESS) docs/screenshots

COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --no-emit-index-url --no-emit-find-links \
	--no-emit-trusted-host --allow-unsafe --no-header

requirements: env-dev ## Compile requirements/*.in into versions with hashes
	$(COMPILE) --output-file requirements/base.txt requirements/base.in
	$(COMPILE) --output-file requirements/dev.txt requirements/dev.in
	$(COMPILE) --output-file requirements/pip.txt requirements/pip.in

schema: env-dev ## Keep the tables that all migrations make, ready to be loaded into an empty database
	@$(BIN)/python scripts/schema.py

messages: env-dev ## Collect the visible sentences into the translators' files
	@$(BIN)/python scripts/messages.py

clean: ## Remove what was made here, except the data of an installation
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.stamp-base: requirements/base.txt scripts/environment.sh
	@scripts/environment.sh base

$(VENV)/.stamp-dev: requirements/dev.txt $(VENV)/.stamp-base
	@scripts/environment.sh dev

%.mo: %.po | $(VENV)/.stamp-base
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@
