# make run | test | test-gpu | bench | docs | lint | clean: each does its own set-up, from nothing.
PYTHON ?= python3
HOST ?=
PORT ?=
OPTIONS ?=
BIN := .venv/bin

.PHONY: help run test test-gpu bench docs lint clean

help:
	@echo "make run    open the app (HOST=, PORT= choose where it answers; OPTIONS=--class for a class)"
	@echo "make test   lint, import contracts, unit tests, browser tests"
	@echo "make bench  print the speed ratios and write docs/benchmarks.md"
	@echo "make test-gpu  ask a GPU all that can be asked of it; docs/benchmarks.md"
	@echo "make docs   build the documentation's site in site/"
	@echo "make lint   ruff and the import contracts alone"
	@echo "make clean  remove .venv and what the tests leave"

# Not bin/python: where ensurepip is missing, venv leaves that behind and fails.
.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with PYTHON=, such as make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python's venv is needed (on Debian: apt install python3-venv)"; exit 1; }

.venv/installed: requirements.txt pyproject.toml | .venv/bin/pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -e .
	@touch $@

.venv/installed-test: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

run: .venv/installed
	@$(BIN)/frcnn-viz app $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT)) $(OPTIONS)

lint: .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

test: lint
	$(BIN)/python tests/browser/chromium.py
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-gpu: .venv/installed
	@$(BIN)/python -m benchmarks.gpu

bench: .venv/installed-test
	$(BIN)/python tests/browser/chromium.py
	$(BIN)/python -m benchmarks

docs: .venv/installed-test
	$(BIN)/python docs/cli.py
	$(BIN)/python docs/notebooks.py
	$(BIN)/zensical build --strict --clean
	@echo "Open site/index.html; its search needs a server: $(BIN)/python -m http.server --directory site"

clean:
	rm -rf .venv site .cache docs/cli.md docs/notebooks/*.md docs/notebooks/*.ipynb .pytest_cache .hypothesis .ruff_cache .import_linter_cache *.egg-info build dist
