# Every target sets up what it needs in .venv and says what it does.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
PYTEST_WORKERS ?= 2

.PHONY: help setup app test check fix notebooks notebook-tests docs draft-table sheets bench bench-gpu

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit("Fashion Workbench needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12 ...") if sys.version_info < (3, 11) else None'
	@echo "Making the environment $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.app: $(VENV)/.created pyproject.toml constraints.txt
	@echo "Installing Fashion Workbench and what it runs on (about 1 GB, once; a few minutes)"
	@$(PIP) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.app
	@echo "Installing what tests and checks need"
	@$(PIP) --editable '.[dev]'
	@$(PIP) --no-deps --upgrade --target $(VENV)/torchvision torchvision==0.28.0 # built for CUDA: for tests only, out of the app's sight
	@touch $@

setup: $(VENV)/.dev ## Prepare everything in .venv
	@echo "Ready: $(VENV)/bin/workbench"

app: $(VENV)/.app ## Open the studio on http://127.0.0.1:7860
	@$(VENV)/bin/workbench serve

test: $(VENV)/.dev ## Run the test suite
	@echo "Running the tests on $(PYTEST_WORKERS) processes"
	@$(RUN) -m pytest --numprocesses $(PYTEST_WORKERS) --dist loadfile -ra

check: $(VENV)/.dev ## Lint, types, import direction
	@echo "Formatting and lint (ruff)" && $(RUN) -m ruff format --check . && $(RUN) -m ruff check .
	@echo "Types (mypy --strict)" && $(RUN) -m mypy
	@echo "Import direction (import-linter)" && $(VENV)/bin/lint-imports
	@echo "All checks passed"

fix: $(VENV)/.dev ## Format and mend what ruff can mend
	@$(RUN) -m ruff check --fix . ; $(RUN) -m ruff format .

$(VENV)/.lab: $(VENV)/.app
	@echo "Installing JupyterLab and what the notebooks need"
	@$(PIP) --editable '.[eval]' jupyterlab
	@touch $@

notebooks: $(VENV)/.lab ## Open the notebooks in JupyterLab
	@$(VENV)/bin/jupyter lab --notebook-dir notebooks

notebook-tests: $(VENV)/.dev ## Run every notebook on the draft engine
	@WORKBENCH_HOME=$$(mktemp -d) $(RUN) -m pytest --nbmake --nbmake-timeout=300 notebooks

docs: $(VENV)/.dev ## Make the tables of docs/models.md anew from the model cards
	@$(RUN) -m pipelines.diffusion.guide

draft-table: $(VENV)/.dev ## Run the draft engine over the rendered suite and write the tables of docs/draft-engine.md
	@$(RUN) -m eval.rendered --write

sheets: $(VENV)/.dev ## Make contact sheets of every tool on your own photographs; PHOTOS=folder OUT=out/sheets TOOLS="try-on edit"
	@$(RUN) -m eval.sheets $(PHOTOS) --out $(or $(OUT),out/sheets) $(if $(TOOLS),--tools $(TOOLS))

bench: $(VENV)/.dev ## Measure speed and memory, one table each; NAMES="startup page jobs tools diffusion metrics evaluation" to choose
	@$(RUN) -m bench $(NAMES)

bench-gpu: $(VENV)/.dev ## Measure full-size models on a GPU; ARGS=--tiny proves it without one
	@$(RUN) -m bench.gpu $(ARGS)
