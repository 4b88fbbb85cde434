# consilium: `make run` to see it work, `make test` to check it, `make help` for the rest.
# Needs make and Python 3.11 or later with its venv module; no root.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCKED := $(VENV)/.locked
READY := $(VENV)/.ready
BENCH_READY := $(VENV)/.bench-ready
SPARK := build/spark
SPARK_READY := $(SPARK)/.ready
CHECK := build/wheel-check

# Errors only, and never a question: these run unattended.
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

.PHONY: help setup run test format lint types layers test-fast test-database test-postgres test-slow test-spark spark reference bench bench-spark screenshots lock wheel wheel-check clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' Makefile | while IFS= read -r row; do \
	  printf '  make %-12s %s\n' "$${row%%:*}" "$${row##*## }"; done

# -- Setting up ---------------------------------------------------------------------------------

setup: $(READY) ## Create .venv from the lock and install the project into it; does nothing when nothing changed

# What a plain Debian or Ubuntu may lack is named before anything is created.
$(LOCKED): requirements.lock
	@command -v $(PYTHON) >/dev/null || { \
	  echo "consilium needs Python 3.11 or later, and there is no \`$(PYTHON)\` here." >&2; \
	  echo "On Debian or Ubuntu: sudo apt install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "consilium needs Python 3.11 or later; \`$(PYTHON)\` is $$($(PYTHON) --version 2>&1)." >&2; \
	  echo "Name another one with: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "\`$(PYTHON)\` cannot create virtual environments: its venv module is not complete." >&2; \
	  echo "On Debian or Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
	@echo "Setting up $(VENV) with $$($(PYTHON) --version); this happens once"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --quiet --require-hashes -r requirements.lock
	@touch $@

$(READY): $(LOCKED) pyproject.toml hatch_build.py
	@$(BIN)/python -m pip install --quiet --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q src # so that the first start is as quick as the others
	@touch $@

# -- Using it -----------------------------------------------------------------------------------

run: setup ## Plan the bundled example patients, then serve the planner on http://127.0.0.1:8000
	@$(BIN)/consilium examples
	@$(BIN)/consilium serve

# -- Checking it --------------------------------------------------------------------------------

test: format lint types layers test-fast test-database ## Check format, lint, types and layers, and run all tests but the slow ones; also on PostgreSQL where a server runs

format: setup
	$(BIN)/ruff format --check .

lint: setup
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy --strict src

layers: setup
	$(BIN)/lint-imports --no-logo

test-fast: setup
	$(BIN)/python -m pytest -q -n 2 -m "not slow and not spark"

# On the server in CONSILIUM_TEST_POSTGRES, or one that runs on this machine; skipped with a reason otherwise.
test-database: setup
	@$(BIN)/python tests/support/on_postgres.py

test-postgres: setup ## Start a PostgreSQL server and run the tests that touch a database on it
	$(BIN)/python tests/support/with_postgres.py $(MAKE) test-database

test-slow: setup ## Run the slow tests; also on PostgreSQL where a server runs
	$(BIN)/python -m pytest -q -n 2 -m slow
	@$(BIN)/python tests/support/on_postgres.py -n 2 -m "django_db and slow" tests/functional

# PySpark is 455 MB and needs Java 17 or later: an environment of its own, on top of .venv.
spark: $(SPARK_READY) ## Add PySpark in build/spark, an environment of its own on top of .venv

$(SPARK_READY): $(READY) requirements-spark.lock
	@$(BIN)/python -m venv --clear --without-pip $(SPARK)
	@echo "import site; site.addsitedir('$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')')" \
	  >"$$($(SPARK)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/beneath.pth"
	@$(SPARK)/bin/python -m pip install --quiet --quiet --require-hashes -r requirements-spark.lock
	@touch $@

test-spark: $(SPARK_READY) ## Run the tests on Spark, in local mode; needs Java 17 or later
	@command -v java >/dev/null || { \
	  echo "Spark needs Java 17 or later. On Debian or Ubuntu: sudo apt install default-jre-headless" >&2; exit 1; }
	$(SPARK)/bin/python -m pytest -q -m spark tests/functional/test_engines.py

reference: setup ## Write the reference pages and the table of agreement with R again
	$(BIN)/consilium reference docs/reference/generated
	$(BIN)/python -m tests.reference.agreements docs/reference/agreement-with-r.md

bench: setup $(BENCH_READY) ## Measure against peers; never part of the tests
	$(BIN)/python -m benchmarks

bench-spark: setup $(SPARK_READY) ## Measure engines for registries, Spark among them, and keep the other figures
	$(SPARK)/bin/python -m benchmarks --only engines

screenshots: setup ## Write each kind of page at three widths into build/screenshots, to be looked at
	$(BIN)/python -m tests.support.screenshots

$(BENCH_READY): $(READY) requirements-bench.lock
	@$(BIN)/python -m pip install --quiet --quiet --require-hashes -r requirements-bench.lock
	@touch $@

# -- Packaging ----------------------------------------------------------------------------------

wheel: setup ## Build the wheel into dist/
	@rm -rf dist
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .

# Starts the wheel where neither the sources nor any development package can help it.
wheel-check: wheel ## Install the wheel into an empty environment and start it there
	@rm -rf $(CHECK)
	@mkdir -p $(CHECK)/elsewhere
	@sed -nE 's/^([A-Za-z0-9._-]+==[^ ;]+).*/\1/p' requirements.lock >$(CHECK)/constraints.txt
	@$(PYTHON) -m venv $(CHECK)/venv
	@$(CHECK)/venv/bin/python -m pip install --quiet --quiet --constraint $(CHECK)/constraints.txt dist/consilium-*.whl
	@cd $(CHECK)/elsewhere && ../venv/bin/python -I -c 'import importlib.util as u; \
	  assert u.find_spec("pytest") is None, "development packages came along"'
	@cd $(CHECK)/elsewhere && ../venv/bin/consilium --help >/dev/null
	@cd $(CHECK)/elsewhere && ../venv/bin/consilium examples >../examples.txt
	@test -s $(CHECK)/examples.txt
	@cd $(CHECK)/elsewhere && ../venv/bin/python -I $(CURDIR)/tests/support/served_page.py \
	  ../venv/bin/consilium 8765 ../data
	@echo "The wheel starts on its own, plans the example patients and serves a page."

# -- Keeping it ---------------------------------------------------------------------------------

COMPILE = CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe \
  --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
  --no-config $(UPGRADE)

# Pins that still fit are kept; `make lock UPGRADE=--upgrade` takes the newest of everything.
# Written with the oldest supported Python, so that later ones can install it too.
lock: setup ## Pin the dependencies again, with hashes; takes minutes
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { \
	  echo "The lock is written with Python 3.11: make clean && make PYTHON=python3.11 lock" >&2; exit 1; }
	$(COMPILE) --extra sql --extra prove --extra dev --output-file requirements.lock pyproject.toml
	$(COMPILE) --extra bench --output-file requirements-bench.lock --constraint requirements.lock pyproject.toml
	$(COMPILE) --extra spark --output-file requirements-spark.lock --constraint requirements.lock pyproject.toml

clean: ## Remove everything that was generated
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests -type d -name __pycache__ -prune -exec rm -rf {} +
