# Each target installs what it needs; only Python 3.11 or newer, git and make must be present.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# $(call install,INTERPRETER,PACKAGES): uv needs a tenth of the time of pip, and does not know pip's settings
install = { $(BIN)/uv pip install --quiet --python $(1) $(2) \
	|| $(BIN)/python -m pip --python $(1) install --quiet --disable-pip-version-check $(2); }

unexport PYTHONDONTWRITEBYTECODE # thousands of processes import the same modules

.DEFAULT_GOAL := help
.PHONY: help setup demo test compile coverage test-faults test-debian test-install test-long lint docs docs-store plugins lock audit release-files prove bench-extract bench-load bench-receive bench-hostile bench-git bench-join bench-growth bench-page bench-start bench clean

help: ## list targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(READY) ## install the commands and development tools in .venv

$(READY): pyproject.toml constraints.txt Makefile
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is required; run: make PYTHON=python3.x")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the packages into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv
	@for peer in target-jsonl==0.1.4 meltanolabs-tap-github==1.30.1; do \
		folder=$(VENV)/peers/$${peer%%==*}; \
		$(PYTHON) -m venv --without-pip $$folder && $(call install,$$folder/bin/python,$$peer) \
			|| echo "cannot install $$peer: its test will fail"; \
	done & \
	$(call install,$(BIN)/python,-c constraints.txt -e '.[dev]'); \
	status=$$?; wait; exit $$status
	@mkdir -p .meltano && chmod 700 .meltano # Meltano writes secrets into it
	@touch $@

demo: $(READY) ## load a fake ClickUp and a git repository into the embedded store, twice, and print a report
	$(BIN)/python -m examples.demo

test: $(READY) ## run all checks but those of test-faults, test-debian and test-install
	@$(MAKE) --no-print-directory --jobs=2 --output-sync lint compile
	$(BIN)/python -m pytest -n 3 --dist worksteal --ignore tests/debian --ignore tests/install -m "not faults"

test-faults: $(READY) ## run the tests with kills, full disks, lost connections, attacks and moved stores
	$(BIN)/python -m pytest -n 3 --dist worksteal -m faults \
		$$(grep -rl "mark\.faults" tests --include="test_*.py") # not all, since each worker collects them

test-debian: $(READY) ## run the tests with Debian's PostgreSQL 15, PgBouncer, systemd, nginx, Caddy and Chromium
	.ci/debian

test-install: $(READY) ## install the release by pip, uv and pipx, and run it with other projects' tools
	$(BIN)/python -m pytest -n 2 --dist worksteal tests/install

coverage: $(READY) ## run the tests and list the lines that none of them reaches
	$(BIN)/python -m pytest -n 3 --dist worksteal --ignore tests/debian --ignore tests/install --cov --cov-report=term

compile: $(READY) # else each worker compiles all tests; the run itself shows errors
	@$(BIN)/python -m pytest -q --collect-only --no-summary --ignore tests/debian --ignore tests/install >/dev/null || true

lint: $(READY) ## lint, type check and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-long: $(READY) ## try far more random cases, attacks and kills than `make test` does; takes much longer
	TEST_SCALE=full $(BIN)/python -m pytest -n 2 \
		$$(grep -rlE "import (scaled|EXAMPLES)" tests --include="test_*.py")

docs: $(READY) ## build the docs site in .site; a link that leads nowhere is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

plugins: $(READY) ## write plugins/, the definitions for Meltano, from meltano.yml and pyproject.toml
	$(BIN)/python -m tests.support.plugin_definitions

docs-store: $(READY) ## write docs/reference/store.md and the sources of dbt from the comments on tables and views
	$(BIN)/python -m tests.support.store_reference
	$(BIN)/python -m tests.support.dbt_sources

prove: $(READY) ## run this project and its peers from PyPI through the same events, and compare both with ClickUp
	$(BIN)/python -m benchmarks.prove

bench: $(READY) ## run all benchmarks, and write docs/explained/figures.md with their goals and figures
	$(BIN)/python -m benchmarks

bench-extract: $(READY) ## compare tap-clickup with its peer: requests, completeness, speed, memory
	$(BIN)/python -m benchmarks.extract --large

bench-load: $(READY) ## compare target-pandev with its peers and a minimal loader: speed, memory, WAL
	$(BIN)/python -m benchmarks.load

bench-receive: $(READY) ## compare clickup-receiver with and without its inbox: speed, CPU, memory, storms, webhook to row
	$(BIN)/python -m benchmarks.receive

bench-hostile: $(READY) ## attack clickup-receiver, with and without its limits: honest deliveries, CPU, memory, log
	$(BIN)/python -m benchmarks.hostile

bench-git: $(READY) ## compare the read of new commits with git and libgit2 in a repository with 4,000 heads
	$(BIN)/python -m benchmarks.git

bench-growth: $(READY) ## measure how requests, CPU and memory grow with tasks, users, lists, workspaces, commits, events
	$(BIN)/python -m benchmarks.growth

bench-start: $(READY) ## compare the start of each command with the import of the SDK: CPU, elapsed time
	$(BIN)/python -m benchmarks.start

bench-page: $(READY) ## measure each tab of the page next to its SQL, and memory over 10,000 requests
	$(BIN)/python -m benchmarks.page

bench-join: $(READY) ## measure references of a million commits, a million IDE events, and every view of 100,000 tasks
	$(BIN)/python -m benchmarks.join

lock: $(READY) ## write requirements.lock: all packages of an installation, with hashes
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal --generate-hashes \
		--no-emit-index-url --no-annotate --python-version 3.11 --extra all --extra meltano \
		--constraint constraints.txt --output-file requirements.lock pyproject.toml

audit: $(READY) ## look for known vulnerabilities of the packages in requirements.lock
	$(BIN)/uv tool run --quiet pip-audit==2.10.1 --strict --disable-pip --require-hashes \
		--requirement requirements.lock

release-files: $(READY) ## build the wheel and the source distribution in dist/; TAG=v1.2.3 must match the version
	@version=$$(sed -n 's/^version = "\(.*\)"/v\1/p' pyproject.toml); \
		test "$${TAG:-$$version}" = "$$version" || { echo "tag $$TAG: expected $$version"; exit 1; }
	rm -rf dist
	$(BIN)/uv build --quiet --out-dir dist

clean: ## remove build artefacts
	rm -rf $(VENV) .site .demo .meltano .bench
