# Every target makes what it needs: nothing but Python 3.11 or newer, git and make has to be there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-postgresql lint bench-extract bench-load bench-receive clean

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(READY) ## the environment in .venv, with the commands tap-clickup, clickup-receiver, target-pandev, tap-git, pandev, meltano

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; call: make PYTHON=python3.x")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@$(PYTHON) -m venv $(VENV)/peers/target-jsonl
	@$(VENV)/peers/target-jsonl/bin/python -m pip install --quiet --disable-pip-version-check \
		target-jsonl==0.1.4 || echo "target-jsonl cannot be installed: its test reports that"
	@touch $@

demo: $(READY) ## a local ClickUp and a git repository into the embedded store, twice, and a report
	$(BIN)/python -m examples.demo

test: $(READY) lint ## every check
	$(BIN)/python -m pytest -n 2 --cov --cov-report=term

lint: $(READY) ## style, types and the borders between modules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-postgresql: $(READY) ## the tests of the store, on the PostgreSQL 15 of Debian's packages
	.ci/postgresql

bench-extract: $(READY) ## tap-clickup beside its peer: requests, completeness, speed, memory
	$(BIN)/python -m benchmarks.extract --large

bench-load: $(READY) ## target-pandev beside its peers and the least a loader does: speed, memory, WAL
	$(BIN)/python -m benchmarks.load

bench-receive: $(READY) ## clickup-receiver beside itself without its inbox: speed, CPU, memory over a million events
	$(BIN)/python -m benchmarks.receive

clean: ## removes what make made
	rm -rf $(VENV) .demo .meltano .bench
