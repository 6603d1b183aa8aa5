# Every job of the project is a target here; `make help` lists them.
# PORT=8001 make run     another port
# ARGS="-k prices"       passed on to pytest by `make test`

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.requirements
MANAGE := $(BIN)/python manage.py

.DEFAULT_GOAL := help
.PHONY: help setup run test check fmt css messages lock demo bench-pages screenshots

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 …" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked requirements (once; a minute or two) …"
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

setup: $(STAMP) ## Make the virtual environment from the locked requirements

run: setup ## Run the demo site: content, worker and clock, at http://127.0.0.1:$(PORT)/
	$(BIN)/python -m site_config.local_run --port $(PORT)

test: setup ## Run the whole suite (real PostgreSQL, real browser)
	$(BIN)/python -m pytest $(ARGS)

check: setup ## Linters and static checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --check --lint --quiet templates
	$(BIN)/python -m site_config.build_css --check
	$(BIN)/python -m site_config.lock --check
	$(MANAGE) update_messages --check
	$(BIN)/python -m site_config.static_checks

fmt: setup ## Format the code, build the style sheet
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .
	$(BIN)/djlint --reformat --quiet templates
	$(BIN)/python -m site_config.build_css

css: setup ## Build static/css/custom_style.css from its parts
	$(BIN)/python -m site_config.build_css

messages: setup ## Collect and compile the Russian interface texts
	$(MANAGE) update_messages

lock: setup ## Lock the requirements anew from the .in files
	$(BIN)/python -m site_config.lock

demo: setup ## Fill the database with the demo content
	$(MANAGE) migrate --verbosity 0
	$(MANAGE) load_demo

bench-pages: setup ## Print the speed of the pages with 3,000 services
	$(BIN)/python -m benchmarks.pages

screenshots: setup ## Make the pictures of the README and the guides anew
	$(BIN)/python -m docs.tools.screenshots
