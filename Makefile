# Everything a person or a pipeline calls. `make help` lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.PHONY: help install dev browser run test coverage lint bench bench-batch bench-pages bench-query bench-exports crash-test attack-test fuzz audit soak translations screenshots clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(INSTALLED) ## Make .venv with what the product needs

run: $(INSTALLED) ## Start the product (installs it first)
	@exec $(BIN)/python run.py

# In the order of their names, as the longest files have the fewest tests and would come last.
test: dev browser ## Run all tests (installs what they need)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

coverage: dev browser ## Run all tests and tell what they do not reach
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --cov --cov-report=term-missing --cov-fail-under=90 $(ARGS)

lint: dev ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: dev ## Measure uploads against a stub of SegFormer
	$(BIN)/python -m benchmarks.uploads $(ARGS)

bench-batch: dev ## Measure batches against a stub of SegFormer
	$(BIN)/python -m benchmarks.batches $(ARGS)

bench-query: dev ## Measure questions at 10,000 and at a million images
	$(BIN)/python -m benchmarks.queries $(ARGS)

bench-exports: dev ## Measure exports beside plain reading
	$(BIN)/python -m benchmarks.exports $(ARGS)

bench-pages: dev browser ## Measure the pages of the product at URL, sending images to it
	$(BIN)/python -m benchmarks.pages $(URL) $(ARGS)

crash-test: dev ## Kill everything at random and count each image (an hour)
	$(BIN)/python -m tests.crash --kills 200 --uploads 5000 $(ARGS)

fuzz: dev ## Send EXAMPLES (500) odd requests to each operation of the API
	FUZZ_EXAMPLES=$(or $(EXAMPLES),500) $(BIN)/python -m pytest tests/fuzz tests/hostile $(ARGS)

audit: dev ## Look up known flaws of the dependencies, where the network allows
	@.ci/audit $(BIN)

attack-test: dev ## Attack the product in each way beside a normal client, and print how that fares
	$(BIN)/python -m tests.attack $(ARGS)

soak: dev ## Work for MINUTES (20) and see whether memory or files grow
	$(BIN)/python -m tests.soak --minutes $(or $(MINUTES),20) $(ARGS)

translations: dev ## Gather the words of pages and scripts into translations/
	mkdir -p build
	$(BIN)/pybabel --quiet extract --mapping-file=babel.cfg --keyword=t --keyword=tn:1,2 --add-location=file \
		--sort-by-file --no-wrap --output-file=build/messages.pot aoi templates static/js
	$(BIN)/pybabel --quiet update --input-file=build/messages.pot --output-dir=translations \
		--no-fuzzy-matching --no-wrap --ignore-pot-creation-date

screenshots: dev browser ## Write docs/screenshots with an agent of their own
	$(BIN)/python -m scripts.screenshots $(ARGS)

dev: $(INSTALLED_DEV)

browser:
	@.ci/browser

clean: ## Remove .venv and caches; instance/ with its data stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage htmlcov build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@.ci/venv $(PYTHON) $(VENV)

# The stamps are made last, so that an install cut short is done again.
$(INSTALLED): requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(INSTALLED_DEV): requirements-dev.txt $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
