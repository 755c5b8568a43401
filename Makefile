# The verbs of the project; people and CI use the same ones. `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
FEED   ?= sim
SPEED  ?= 1

.DEFAULT_GOAL := help
.PHONY: help run test lint format lock bench pictures clean

help: ## list the verbs
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The stamp changes when the lock does: the environment is then brought up to date, and only then.
$(VENV)/.run: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "$(PYTHON) is older than 3.11; set PYTHON=python3.12 or newer" >&2; exit 2; }
	@echo "installing what requirements.lock names into $(VENV) (once; about half a minute)" >&2
	@test -x $(BIN)/uv || { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check uv; }
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: $(VENV)/.run requirements-dev.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@

run: $(VENV)/.run ## all services and the live board (FEED=sim|yahoo|config, or REPLAY=path SPEED=n|max)
	@trap : INT; $(BIN)/monitor up $(if $(REPLAY),--replay $(REPLAY) --speed $(SPEED),--feed $(FEED)) \
	  || { code=$$?; test $$code -eq 130 || exit $$code; }  # Ctrl-C is how it is ended, and no error

test: $(VENV)/.test ## everything that can fail: layout, types, and the whole suite
	@sh .ci/servers
	@$(MAKE) --no-print-directory lint
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup --durations=10 $(ARGS)

lint: $(VENV)/.test ## style, types, import direction
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy

format: $(VENV)/.test ## rewrite in the house style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: $(VENV)/.test ## work the locks out anew from pyproject.toml
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --extra embedded --group build pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --extra embedded --extra longbridge --extra futu --group build -c requirements.lock pyproject.toml \
	  -o requirements-brokers.lock
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --extra embedded --group build --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

bench: $(VENV)/.test ## the benchmarks; prints tables, decides nothing
	@sh .ci/servers
	@$(BIN)/python -m benchmarks $(ARGS)

pictures: $(VENV)/.test ## photograph the pages, the terminal and a message for the documents
	@sh .ci/servers
	@$(BIN)/python docs/images/take.py

clean: ## remove what the verbs made here (the monitor's own state folder stays)
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
