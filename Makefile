# mmsite: `make demo` for a site with a demo world, `make help` for the rest.
.DEFAULT_GOAL := help
.PHONY: help setup dev demo run test check bench lock clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
PO := $(wildcard mmsite/locale/*/LC_MESSAGES/*.po)
MO := $(PO:.po=.mo)
export PATH := $(CURDIR)/$(BIN):$(PATH)

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' Makefile

setup: $(VENV)/.installed static/vendor/.made $(MO) $(VENV)/.compiled ## Install everything the site needs into this folder
	@:

dev: setup $(VENV)/.installed-dev

demo: setup ## Serve the site with the demo world; Ctrl-C stops it, the data stays in var/
	@exec $(PY) manage.py serve --demo

run: setup ## Serve the site without demo data
	@exec $(PY) manage.py serve

test: dev ## Run the tests; ARGS="-k feed" passes arguments on to pytest
	OMP_NUM_THREADS=1 $(PY) -m pytest -rs $(ARGS)

check: dev ## Lint, import contracts, migrations, deployment settings, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(PY) -m tests.deployment
	$(BIN)/mypy

bench: dev ## Run the benchmarks, or one of them: make bench B=first_page
	@$(PY) -m benchmarks._all $(B)

lock: $(VENV)/.uv ## Write the lock files anew; UPGRADE=--upgrade takes the newest versions allowed
	$(BIN)/uv pip compile --quiet $(UPGRADE) --universal --generate-hashes --no-header \
		--no-emit-index-url pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet $(UPGRADE) --universal --generate-hashes --no-header --no-emit-index-url \
		--extra dev -c requirements.txt pyproject.toml -o tests/requirements.txt
	cd static && npm $(if $(UPGRADE),update,install) --package-lock-only --loglevel=error

clean: ## Remove what was installed and built; data under var/ stays
	rm -rf $(VENV) static/node_modules static/vendor .ruff_cache .mypy_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +
	find mmsite/locale -name '*.mo' -delete 2>/dev/null || true

# -- each stamp is written last, so an interrupted step is done again -------------------------------------

$(VENV)/.uv:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) was not found. Install Python 3.11 or newer:\
 sudo apt-get install python3 python3-venv (or name one: make PYTHON=/path/to/python3)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "mmsite needs Python 3.11 or\
 newer; $(PYTHON) is $$($(PYTHON) -V). Name a newer one: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments.\
 Run: sudo apt-get install python3-venv"; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) -V)"
	@$(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check 'uv>=0.5'
	@touch $@

$(VENV)/.installed: requirements.txt | $(VENV)/.uv
	@echo "Installing Python packages (about 5 GB with PyTorch, once)"
	@$(BIN)/uv pip install --python $(PY) -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: tests/requirements.txt $(VENV)/.installed
	@echo "Installing the packages for tests and checks"
	@$(BIN)/uv pip install --quiet --python $(PY) -r tests/requirements.txt
	@touch $@

static/node_modules/.installed: static/package-lock.json | $(VENV)/.installed
	@echo "Installing front-end packages"
	@cd static && npm ci --loglevel=error --no-progress
	@touch $@

static/vendor/.made: static/node_modules/.installed static/vendor.mjs static/icons.txt
	@cd static && node vendor.mjs
	@touch $@

$(VENV)/.compiled: $(wildcard analytics/engine/sentiment/*.py) $(VENV)/.installed
	@echo "Compiling the loops that score reviews (half a minute, the first time)"
	@$(PY) -m analytics.engine.sentiment.warm_up
	@touch $@

%.mo: %.po | $(VENV)/.installed
	@$(BIN)/pybabel --quiet compile -i $< -o $@
