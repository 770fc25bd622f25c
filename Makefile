# Two commands matter: `make up` and `make test`. They install what they need into .venv.

SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help up test unit lint format lock bench proof settings metrics clean

# Bytewax has wheels for Python 3.11 and 3.12 only.
FIND_PYTHON = for python in python3.12 python3.11 python3 python; do \
    $$python -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' \
      >/dev/null 2>&1 && { echo $$python; exit 0; }; done

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-9s %s\n", $$1, $$2}'

.venv/bin/python:
	@python=$$($(FIND_PYTHON)); \
	if [ -n "$$python" ]; then $$python -m venv .venv; \
	elif command -v uv >/dev/null; then uv venv --seed --python 3.12 .venv; \
	else echo "Hozir needs Python 3.12 or 3.11: install one of them, or uv, and try again." >&2; exit 1; fi

.venv/runtime: .venv/bin/python requirements.lock pyproject.toml
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: .venv/runtime requirements-dev.lock
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

up: .venv/runtime ## start everything; Ctrl-C stops it
	@exec .venv/bin/hozir up

test: .venv/dev ## install what is missing, then run every check and test
	@tests/install_system.sh
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory unit
	.venv/bin/python -m pytest -m "browser or kafka or slow"

# Side by side, they take half the time on two cores. The others fill the cores by themselves.
unit: .venv/dev ## the tests that need no browser, broker or patience
	.venv/bin/python -m pytest -m "not browser and not kafka and not slow" -n auto --dist worksteal

lint: .venv/dev ## ruff, mypy and the rules of who may import whom
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache >/dev/null || .venv/bin/lint-imports --no-cache

format: .venv/dev ## put every file into form
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

settings: .venv/runtime ## write docs/settings.md anew from hozir/settings.py
	.venv/bin/python tools/write_settings.py

metrics: .venv/runtime ## write docs/metrics.md anew from warehouse/metrics.py and reports.py
	PYTHONPATH=. .venv/bin/python tools/write_metrics.py

bench: .venv/dev ## measure; prints a table and writes bench/results/
	.venv/bin/python -m bench

proof: .venv/dev ## try to break it, at length; prints tables and writes proof/results/
	.venv/bin/python -m proof

lock: ## pin every dependency anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q --extra server --extra build pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q --extra server --extra build --extra dev pyproject.toml -o requirements-dev.lock

clean: ## remove what was built, not the data
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
