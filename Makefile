# Every job of the project is a target here; `make help` lists them.
# PORT=8001 make run     another port
# ARGS="-k prices"       passed on to pytest by `make test`

PYTHON ?= python3
PORT ?= 8000
ROUNDS ?= 10
SEED ?= kdl
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.requirements
MANAGE := $(BIN)/python manage.py
# What must lose nothing: `make coverage` counts its branches.
CORE := chat/services/*,chat/selectors/*,chat/events.py,chat/permissions.py,chat/api/*,chat/realtime/*,chat/inbox/*,chat/vk/*,chat/management/*

.DEFAULT_GOAL := help
.PHONY: help setup run test coverage chaos check fmt css js messages lock demo bench-pages bench-chat bench-vk screenshots

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
	@# Apart: the browser's driver keeps an event loop running, in which asyncio.run() cannot be called.
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not e2e" $(ARGS) || test $$? -eq 5
	$(BIN)/python -m pytest -n 2 --dist loadfile -m e2e $(ARGS) || test $$? -eq 5

coverage: setup ## Run the suite without the browser and say how much of the chat it goes through
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -m "not e2e" $(ARGS)
	$(BIN)/coverage combine --quiet
	@set -f; for part in $$(echo '$(CORE)' | tr , ' '); do \
		printf '%-20s %5s %%\n' $$part \
			$$($(BIN)/coverage report --format=total --precision=1 --include="$$part"); \
	done
	$(BIN)/coverage report --precision=1 --include='$(CORE)' --fail-under=95

chaos: setup ## Break lines and processes under the chat, for ROUNDS=10 of a SEED=kdl
	ROUNDS=$(ROUNDS) SEED=$(SEED) $(BIN)/python -m pytest tests/e2e/chaos $(ARGS)

check: setup ## Linters and static checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --check --lint --quiet templates
	$(BIN)/python -m site_config.build_css --check
	$(BIN)/python -m site_config.build_js --check
	$(BIN)/python -m site_config.lock --check
	$(MANAGE) update_messages --check
	$(BIN)/python -m site_config.static_checks

fmt: setup ## Format the code, build style sheet and chat panel
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .
	$(BIN)/djlint --reformat --quiet templates
	$(BIN)/python -m site_config.build_css
	$(BIN)/python -m site_config.build_js

css: setup ## Build static/css/custom_style.css from its parts
	$(BIN)/python -m site_config.build_css

js: setup ## Build static/js/chat/panel.js from the modules beside it
	$(BIN)/python -m site_config.build_js

messages: setup ## Collect and compile the Russian interface texts
	$(MANAGE) update_messages

lock: setup ## Lock the requirements anew from the .in files
	$(BIN)/python -m site_config.lock

demo: setup ## Fill the database with the demo content
	$(MANAGE) migrate --verbosity 0
	$(MANAGE) load_demo
	$(MANAGE) load_chat_demo
	$(MANAGE) seed_chat

bench-pages: setup ## Print the speed of the pages with 3,000 services
	$(BIN)/python -m benchmarks.pages

bench-chat: setup ## Print what the chat's streams cost and how fast they deliver (ARGS=--small)
	$(BIN)/python -m benchmarks.chat $(ARGS)
	$(BIN)/python -m benchmarks.chat_inbox $(ARGS)

bench-vk: setup ## Print how fast VK's events are taken and messages to VK are sent
	$(BIN)/python -m benchmarks.vk

screenshots: setup ## Make the pictures of the README and the guides anew
	$(BIN)/python -m docs.tools.screenshots
