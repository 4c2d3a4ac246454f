# Everything starts here: `make run`, `make test`. See CONTRIBUTING.md.
# Written for GNU make on Linux and macOS; needs Python 3.11 to 3.13, nothing else for `run`.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules

VENV := .venv
BIN := $(VENV)/bin
CACHE := .cache
DEV_STAMP := $(VENV)/.dev
# A development environment holds all that running needs: `run` after `setup` installs nothing.
RUN_STAMP := $(or $(wildcard $(DEV_STAMP)),$(VENV)/.run)
# As many at once as there are cores; each may start servers of its own, so not too many.
AT_ONCE := -n auto --maxprocesses 4 --dist worksteal
MEMBERS := libs/common services/sync services/dispatcher services/analyzers services/reporter services/standalone
MEMBER_FILES := $(MEMBERS:%=%/pyproject.toml)
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# The first Python of PATH that runs and is 3.11 to 3.13; `make PYTHON=/path/to/python3.12` overrules it.
IS_SUPPORTED := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))

# Pinned test servers; their jars are pinned in tests/services/java/pom.xml.
DISTRIBUTION := github.com/distribution/distribution/v3/cmd/registry@v3.1.2
CRANE := github.com/google/go-containerregistry/cmd/crane@v0.22.1
SERVICES := tests/services/java
JARS := $(CACHE)/java/kafka/.fetched $(CACHE)/java/mongodb/.fetched $(CACHE)/java/versions/.fetched
COMPONENTS := $(CACHE)/components/.fetched
PROGRAMS := $(CACHE)/bin/registry $(CACHE)/bin/crane $(CACHE)/bin/version-order

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: run
run: $(RUN_STAMP) ## start everything on this machine with a sample image (ONCE=1, IMAGE=FILE, DATA=DIR)
	@exec $(BIN)/scantling up --sample \
	  $(if $(ONCE),--once) $(if $(IMAGE),--image "$(IMAGE)") $(if $(DATA),--data "$(DATA)")

.PHONY: setup
setup: $(DEV_STAMP) ## make the virtual environment with the development tools

# The types are checked beside the tests: alone they would leave every core but one idle.
.PHONY: test
test: setup test-services lint ## run every check and every test
	$(BIN)/mypy & types=$$!; tests=0; \
	$(BIN)/pytest $(AT_ONCE) $(PYTEST_ARGS) || tests=$$?; \
	wait $$types; exit $$tests

.PHONY: lint
lint: setup ## style, with ruff; YAML, with yamllint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/yamllint --strict .

.PHONY: types
types: setup ## types, with mypy
	$(BIN)/mypy

# What can't be fetched here is said and left out: its tests are skipped, or fail where required.
.PHONY: test-services
test-services: ## fetch the servers and tools that tests ask (with mvn and go, where they are)
	@if command -v mvn >/dev/null; then $(MAKE) --no-print-directory $(JARS); \
	  else echo 'No mvn on PATH: without Docker the tests on Kafka and MongoDB are skipped.' >&2; fi
	@if command -v mvn >/dev/null; then $(MAKE) --no-print-directory $(COMPONENTS); \
	  else echo 'No mvn on PATH: the tests on real Java components are skipped.' >&2; fi
	@if command -v go >/dev/null; then $(MAKE) --no-print-directory $(PROGRAMS); \
	  else echo 'No go on PATH: without registry and crane on PATH their tests are skipped.' >&2; fi

$(CACHE)/java/%/.fetched: $(SERVICES)/%/pom.xml
	@echo 'Fetching the jars of the $* test server (once)' >&2
	@mvn --quiet --batch-mode --file $< dependency:copy-dependencies \
	  -DoutputDirectory=$(CURDIR)/$(@D) -DincludeScope=runtime
	@touch $@

$(COMPONENTS): tests/services/components/pom.xml tests/services/components/fetch.sh
	@echo 'Fetching real components that tests look for vulnerabilities in (once)' >&2
	@bash tests/services/components/fetch.sh $(CURDIR)/$(@D) $(BIN)/python
	@touch $@

$(CACHE)/bin/registry:
	@echo 'Building CNCF distribution (once, some minutes)' >&2
	@GOBIN=$(CURDIR)/$(@D) GOFLAGS=-trimpath go install $(DISTRIBUTION)

$(CACHE)/bin/crane:
	@echo 'Building crane (once)' >&2
	@GOBIN=$(CURDIR)/$(@D) GOFLAGS=-trimpath go install $(CRANE)

$(CACHE)/bin/version-order: tests/oracles/go/main.go tests/oracles/go/go.mod
	@echo "Building Go's order of versions (once)" >&2
	@cd $(<D) && go build -trimpath -o $(CURDIR)/$@ .

.PHONY: bench
bench: setup test-services ## the benchmarks; they print their numbers
	$(BIN)/python -m tests.benchmarks $(BENCH_ARGS)

.PHONY: bench-engine
bench-engine: setup ## the image engine against its floor and its peers, on four images built here
	$(BIN)/python -m tests.benchmarks.engine $(BENCH_ARGS)

.PHONY: bench-content
bench-content: setup ## secrets, malware, settings and programs in the one walk, beside the floor and trivy
	$(BIN)/python -m tests.benchmarks.content $(BENCH_ARGS)

.PHONY: bench-vulnerability
bench-vulnerability: setup test-services ## advisories: building, matching, fleets of 150,000 images, beside trivy
	$(BIN)/python -m tests.benchmarks.vulnerability $(BENCH_ARGS)

.PHONY: fuzz
fuzz: setup ## fuzz what parses bytes of an image, each target for a time (SECONDS=60, TARGETS='tar rpm')
	$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),60) $(TARGETS)

.PHONY: docs
docs: setup ## write the generated documents again
	$(BIN)/python -m scantling.docs

.PHONY: lock
lock: $(CACHE)/lock/bin/uv ## resolve requirements/*.txt again for Python 3.11 to 3.13 (UPGRADE=1: newest versions)
	@bash requirements/lock.sh "$<" $(if $(UPGRADE),--upgrade)

$(CACHE)/lock/bin/uv: | python
	@"$$(cat $(CACHE)/python)" -m venv $(CACHE)/lock
	@$(CACHE)/lock/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'

.PHONY: python
python:
	@mkdir -p $(CACHE); \
	for candidate in $(or $(PYTHON),python3.13 python3.12 python3.11 python3 python); do \
	  if "$$candidate" -c '$(IS_SUPPORTED)' >/dev/null 2>&1; then command -v "$$candidate" >$(CACHE)/python; exit 0; fi; \
	done; \
	echo 'scantling: no Python 3.11, 3.12 or 3.13 with venv found.' >&2; \
	echo 'Tried: $(or $(PYTHON),python3.13 python3.12 python3.11 python3 python).' >&2; \
	echo 'Install one (on Debian also python3-venv), or name it: make PYTHON=/path/to/python3.12 …' >&2; \
	exit 1

$(BIN)/python: | python
	@echo "Making $(VENV) with $$(cat $(CACHE)/python)" >&2
	@"$$(cat $(CACHE)/python)" -m venv $(VENV)

$(VENV)/.run: requirements/run.txt $(MEMBER_FILES) | $(BIN)/python
	@echo 'Installing what running needs (once)' >&2
	@$(PIP_INSTALL) --require-hashes --only-binary :all: -r requirements/run.txt
	@$(PIP_INSTALL) --no-build-isolation --no-deps $(MEMBERS:%=-e ./%)
	@$(BIN)/python -m compileall -q $(MEMBERS)
	@touch $@

$(DEV_STAMP): requirements/dev.txt $(MEMBER_FILES) | $(BIN)/python
	@echo 'Installing what developing needs (once)' >&2
	@$(PIP_INSTALL) --require-hashes --only-binary :all: -r requirements/dev.txt
	@$(PIP_INSTALL) --no-build-isolation --no-deps $(MEMBERS:%=-e ./%)
	@$(BIN)/python -m compileall -q $(MEMBERS)
	@touch $@

.PHONY: clean
clean: ## remove all that make has made
	rm -rf $(VENV) $(CACHE) build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
