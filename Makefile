# On a machine with git, make and Python 3.11 or newer, nothing else: `make demo`, `make test`.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
PINNED := $(PIP) install --no-deps --require-hashes
PYTHONS := $(or $(PYTHON),python3.11 python3 python3.12 python3.13 python3.14)
PYTEST_ARGS ?= -n auto

.PHONY: help demo test lint fuzz soak bench bench-stacks bench-service bench-engine pins clean
.DELETE_ON_ERROR:

help:
	@echo "make demo    real data through a real stack: plan, apply, run, drift, destroy"
	@echo "make test    all checks and tests      (PYTEST_ARGS='-k journal' to narrow them)"
	@echo "make lint    the checks alone: ruff, mypy, floors"
	@echo "make fuzz    texts that nobody tried yet, for the loader and for expressions"
	@echo "make soak    a served engine in use for ten minutes: exact in the end, and no larger"
	@echo "make bench   the benchmarks            (BENCH_ARGS='--quick', or bench-stacks, bench-service, bench-engine alone)"
	@echo "make pins    the requirements files anew, from pyproject.toml"
	@echo "make clean   all that these commands made, .venv too"

demo: $(VENV)/installed $(VENV)/data
	@PATH="$(CURDIR)/$(BIN):$$PATH" examples/flights/demo

test: lint
	$(BIN)/pytest $(PYTEST_ARGS)

lint: $(VENV)/checks
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

fuzz: $(VENV)/checks
	STACKFILE_FUZZ_SEED=$$(date +%s) $(BIN)/pytest $(PYTEST_ARGS) tests/fuzz

soak: $(VENV)/checks
	STACKFILE_SOAK=600 $(BIN)/pytest -s tests/served/test_soak.py

bench: bench-stacks bench-service bench-engine

bench-stacks: $(VENV)/installed
	$(BIN)/python benchmarks/scale.py $(filter --quick,$(BENCH_ARGS))

bench-service: $(VENV)/checks
	$(BIN)/python benchmarks/refresh.py $(filter --quick,$(BENCH_ARGS))

bench-engine: $(VENV)/checks $(VENV)-peers/made
	$(BIN)/python benchmarks/compare.py $(BENCH_ARGS)

clean:
	rm -rf $(VENV) $(VENV)-pins $(VENV)-peers build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What the engine is compared with, apart from all else. What does not install on this Python is left out of the tables.

$(VENV)-peers/made: $(VENV)/made
	$(BIN)/python -m venv --clear $(VENV)-peers
	@for peer in bytewax pathway duckdb polars; do \
	  $(VENV)-peers/bin/pip install --quiet --disable-pip-version-check $$peer || echo "$$peer does not install here"; \
	done
	@touch $@

# Stamps: each is made once, and again when what it stands on changed.

$(VENV)/made:
	@for python in $(PYTHONS); do \
	  if "$$python" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "making $(VENV) with $$python"; \
	    "$$python" -m venv --clear $(VENV) && touch $@ && exit 0; exit 1; \
	  fi; \
	done; \
	echo "stackfile needs Python 3.11 or newer with its venv module, and found none on PATH."; \
	echo "Install one (Debian: apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python3.11"; \
	exit 1

$(VENV)/installed: $(VENV)/made requirements.txt requirements-build.txt pyproject.toml stackfile/__init__.py
	$(PINNED) -r requirements-build.txt -r requirements.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/checks: $(VENV)/installed requirements-dev.txt
	$(PINNED) -r requirements-dev.txt
	@touch $@

$(VENV)/data: $(VENV)/installed examples/flights/requirements.txt
	$(PINNED) --no-build-isolation -r examples/flights/requirements.txt
	@touch $@

# pip-compile lives apart, so that what it needs is never taken for what we need. It keeps the pins that still fit;
# PIN_ARGS=--upgrade takes the newest. No address of a registry may get into these files.

COMPILE = $(VENV)-pins/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-annotate \
  --no-emit-options --no-emit-index-url --no-emit-find-links --no-emit-trusted-host $(PIN_ARGS)
HEADED = sed -i -e '/^ *\#/d' -e '/^$$/d' $(1) && \
  sed -i '1i \# Written by `make pins`: what $(2). Every file of a release has its hash.' $(1)

pins: $(VENV)-pins/made
	$(COMPILE) --extra dev --output-file requirements-dev.txt pyproject.toml requirements-build.in
	$(COMPILE) --constraint requirements-dev.txt --output-file requirements.txt pyproject.toml
	$(COMPILE) --constraint requirements-dev.txt --output-file requirements-build.txt requirements-build.in
	@$(call HEADED,requirements-dev.txt,tests and checks need; running and building too)
	@$(call HEADED,requirements.txt,running needs)
	@$(call HEADED,requirements-build.txt,building needs)

$(VENV)-pins/made: $(VENV)/made
	$(BIN)/python -m venv --clear $(VENV)-pins
	$(VENV)-pins/bin/pip install --quiet --disable-pip-version-check pip-tools
	@touch $@
