# `make` lists the verbs; each does all that it needs first, and nothing twice.
.DEFAULT_GOAL := help
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory

# The first Python that is new enough and can make a virtual environment.
BASE_PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $$p && break; done)
VENV := .venv
PYTHON := $(VENV)/bin/python
PIP := $(PYTHON) -m pip --disable-pip-version-check
# Tests wait more than they compute; those of one file share what they start.
JOBS ?= 4
# What `image` builds, of the Dockerfile.
TARGET ?= runtime
TESTS := -m pytest -q --numprocesses=$(JOBS) --dist=loadfile
SOURCES := autoscan tests bench chaos docker scan.py wsgi.py gunicorn_config.py
COMPILE := $(PYTHON) -m piptools compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-emit-find-links --no-emit-index-url

.PHONY: help setup run test fix docs check bench chaos demo image lock clean

help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.dev ## Make .venv with everything that users and developers need

run: $(VENV)/.runtime ## Serve; on a fresh machine, install and configure first
	@exec $(PYTHON) scan.py server --show-url

test: $(VENV)/.dev ## Run all tests
	@$(PYTHON) $(TESTS)

fix: $(VENV)/.dev ## Format, and mend what the linter can mend
	@$(PYTHON) -m ruff format $(SOURCES)
	@$(PYTHON) -m ruff check --fix $(SOURCES)

docs: $(VENV)/.dev ## Write the generated parts of the documentation
	@$(PYTHON) -m autoscan.reference

check: $(VENV)/.dev ## Format, lint, types, imports, generated docs, and tests with their coverage
	@$(PYTHON) -m ruff format --check $(SOURCES)
	@$(PYTHON) -m ruff check $(SOURCES)
	@$(PYTHON) -m mypy $(SOURCES)
	@$(VENV)/bin/lint-imports
	@$(PYTHON) -m autoscan.reference --check
	@$(PYTHON) -m coverage erase
	@$(PYTHON) -m coverage run $(TESTS)
	@$(PYTHON) -m coverage combine --quiet
	@$(PYTHON) -m coverage report

bench: $(VENV)/.dev ## Measure what it costs; ONLY=ack runs one benchmark
	@$(PYTHON) -m bench $(ONLY)

chaos: $(VENV)/.dev ## Kill and hinder it for a quarter of an hour, and show that nothing acknowledged is lost
	@$(PYTHON) -m chaos

demo: $(VENV)/.dev ## Show the main job on two simulated servers
	@$(PYTHON) -m bench.demo

image: ## Build the container image autoscan:latest; TARGET=runtime-rclone makes the one with rclone
	@docker build --target $(TARGET) --build-arg REVISION=$$(git describe --always --dirty 2>/dev/null || echo unknown) \
		--tag autoscan:$(if $(filter runtime,$(TARGET)),latest,$(TARGET:runtime-%=%)) .

lock: $(VENV)/.dev ## Pin what requirements.in and requirements-dev.in ask for
	@$(COMPILE) --output-file=requirements.txt requirements.in
	@$(COMPILE) --output-file=requirements-dev.txt requirements-dev.in

clean: ## Remove what the other verbs made; configuration, queue and logs stay
	@rm -rf $(VENV) .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.runtime: requirements.txt
	@test -n "$(BASE_PYTHON)" || { echo "Python 3.11 or newer with venv is needed: apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c '' 2>/dev/null || { echo "Making $(VENV) ..."; $(BASE_PYTHON) -m venv --clear $(VENV); }
	@echo "Installing requirements.txt ..."
	@$(PIP) install --quiet --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@echo "Installing requirements-dev.txt ..."
	@$(PIP) install --quiet --require-hashes -r requirements-dev.txt
	@touch $@
