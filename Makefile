# Two commands matter: `make run` and `make test`. Both need Python 3.11 and nothing else, and may be run again.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
PORT ?= 8501
# A simulated area with known truth, made once, in under a minute; its model ships.
WEINING := $(or $(PITWATCH_HOME),var)/simulated/weining-small
AREAS ?= $(wildcard areas/*/area.toml) $(WEINING)/area.toml
# Options for pip, for example another index: make run PIP_OPTIONS="--index-url https://..."
PIP_OPTIONS ?=

BIN := $(VENV)/bin
# Work is spread over the cores by Pitwatch and by pytest; threads of the linear algebra would stand in their way.
export OPENBLAS_NUM_THREADS := 1
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_OPTIONS)

.PHONY: help run engine weining serve test lint unit bench persons chromium catalogue clean

help:
	@echo "make run    install, bring the areas up to date, serve the app at http://127.0.0.1:$(PORT)"
	@echo "make test   install what the tests need (Chromium too), check style and types, run all tests"
	@echo "make engine AREAS=FOLDER   bring one area up to date and publish it"
	@echo "make serve  serve the app alone        make clean  remove the virtual environment"

run: engine serve

# An area that fails keeps its last good release, so the server starts all the same.
engine: $(VENV)/.ready-run $(if $(filter $(WEINING)/area.toml,$(AREAS)),weining)
	@$(BIN)/python -m engine run $(AREAS) || echo "Not every area could be brought up to date (see above)."

weining: $(VENV)/.ready-run
	@$(BIN)/python -m engine simulate weining --size small $(WEINING) || \
	  echo "The simulated area could not be made (see above)."

serve: $(VENV)/.ready-run
	@$(BIN)/python -m web.serve --port $(PORT)

test: lint unit

lint: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Two processes share the cores: threads of torch and OpenVINO in each of them would wait for one another.
unit: export OMP_NUM_THREADS := 1
unit: $(VENV)/.ready-dev chromium
	$(BIN)/python -m pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder

# What is measured beside others and needs nothing but what it makes or finds; the rest of benchmarks/ is given an area.
bench: $(VENV)/.ready-dev
	@for name in extraction inference permits segmentation; do $(BIN)/python -m benchmarks.$$name --json || exit 1; done

# The three persons' work on the simulated area, once `make engine` has published it.
persons: export PITWATCH_PERSONS := $(or $(PITWATCH_HOME),var):weining-small
persons: $(VENV)/.ready-dev chromium
	$(BIN)/python -m pytest tests/browser/test_persons.py

chromium:
	@sh tests/browser/install_chromium.sh $(BIN)/python

# The texts of the app for translators, and the translations as the app reads them. What is new in a catalogue has no
# translation yet: give it one in its .po and run this again.
catalogue: $(VENV)/.ready-dev
	$(BIN)/pybabel --quiet extract --no-location --sort-output --omit-header --keywords "_ ngettext:1,2" \
	  --output locale/pitwatch.pot navigation.py engine/wording components pages
	$(BIN)/pybabel --quiet update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width 120 \
	  --domain pitwatch --input-file locale/pitwatch.pot --output-dir locale
	$(BIN)/pybabel --quiet compile --domain pitwatch --directory locale

clean:
	rm -rf $(VENV)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
	  { echo "Python 3.11 is needed; '$(PYTHON)' is another. Set it with: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready-run: requirements.txt requirements-app.txt constraints.txt | $(BIN)/python
	@echo "Installing what the engine and the app need (some minutes the first time) ..."
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.ready-dev: requirements-dev.txt $(VENV)/.ready-run
	@echo "Installing what the tests need ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@
