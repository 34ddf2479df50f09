# Every target makes the environment first; see tools/bootstrap.py. Only make and some Python 3 are
# needed for that. PYTHON=3.12 (a version or a path) uses another interpreter, in a .venv of its own.
# ARGS is handed on, for example: make test ARGS="tests/unit -k turn"

PYTHON =
ARGS =
VENV := .venv$(if $(PYTHON),-$(notdir $(PYTHON)))
BIN := $(VENV)/bin
unexport PYTHONHOME PYTHONPATH VIRTUAL_ENV

.PHONY: help bootstrap up test lint format bench bench-quick docs clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

bootstrap: ## Make the environment, or find it made
	@sh tools/bootstrap.sh --venv $(VENV) $(if $(PYTHON),--python $(PYTHON))

up: bootstrap ## Run the platform with its own servers at http://127.0.0.1:8000
	@exec $(BIN)/diramoja up $(ARGS)

test: bootstrap ## Run all tests (most of the time is waiting: four at a time)
	@$(BIN)/python -m pytest -n 4 --dist loadfile $(ARGS)

lint: bootstrap ## Check style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: bootstrap ## Format the code and repair what can be repaired safely
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: bootstrap ## Measure on the real servers; prints tables and JSON lines
	@$(BIN)/python -m benchmarks $(ARGS)

bench-quick: bootstrap ## The same with less of everything
	@$(BIN)/python -m benchmarks --quick $(ARGS)

docs: bootstrap ## Write docs/reference anew from the code
	@$(BIN)/python -m tools.reference $(ARGS)

clean: ## Remove environments, caches and builds
	rm -rf .venv .venv-* .cache .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
