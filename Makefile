# Two commands: `make demo` and `make test`; `make serve` plays the live view. Each makes .venv when it is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo serve test lint page compiled clean

demo: $(VENV)/.run
	$(BIN)/fireplan demo

serve: $(VENV)/.live
	$(BIN)/fireplan serve data/marisol --replay --speed 60

test: $(VENV)/.dev page
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

# What tests compile as they are collected: else each worker would, all at once. What is wrong `test` says.
compiled: $(VENV)/.dev
	-@$(BIN)/python -m pytest --collect-only -qq >/dev/null

# ESLint and TypeScript, for the tests of the page's JavaScript: where there is no npm these tests are skipped.
page: | $(BIN)/python
	@if [ package.json -ot $(VENV)/.page ]; then :; \
	elif command -v npm >/dev/null && npm install --no-package-lock --no-audit --no-fund --silent; then touch $(VENV)/.page; \
	else echo "npm could install nothing: checks of the page's JavaScript that need it are skipped"; fi

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.live: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[live]"
	touch $@ $(VENV)/.run

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@ $(VENV)/.run $(VENV)/.live

clean:
	rm -rf $(VENV) node_modules out artefacts
