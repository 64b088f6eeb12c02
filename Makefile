# The two commands of the README, and what CI calls.
# Each target makes its own virtual environment in .venv from the pinned, hashed requirements.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-real fast cover check docs pictures bench chaos build release lowest requirements clean help

help:            ## what can be made
	@grep -E '^[a-z-]+: .*##|^[a-z-]+:  +##' $(MAKEFILE_LIST) | sed 's/:.*##/ –/'

demo: .venv/.runs  ## the whole job against the sandbox, in under half a minute
	@$(BIN)/crosspost demo $(ARGS)

test: .venv/.develops  ## the whole test suite
	$(BIN)/pytest -n 2 $(ARGS)

# Other makers' servers, in .real/: pip, npm and apt bring them, without root. Each is skipped with its reason where not.
test-real: .venv/.develops  ## the adapters against real servers, on loopback
	$(BIN)/python -m tests.real.install
	$(BIN)/pytest -m real $(or $(ARGS),tests/real)

# The pure parts: from the issue's text to each platform's post, the gate, the link edit, the configuration.
FAST = tests/parse tests/compose tests/config tests/watch/test_gate.py tests/backfill/test_link_edit.py \
	tests/platforms/test_matching.py tests/test_layers.py
fast: .venv/.develops  ## the tests of the pure parts, in about 20 seconds on two idle cores
	$(BIN)/pytest -n 2 -q -m "not slow and not shared" $(FAST) $(ARGS)

# What makes no connection and writes no file has no excuse for an untried line; nor has what decides about a send.
FLOOR = crosspost/parse/*,crosspost/compose/*,crosspost/delivery/*,crosspost/watch/gate.py,crosspost/watch/news.py,crosspost/backfill/edit.py
cover: .venv/.develops  ## the whole suite with its coverage, and a floor for the pure parts and the delivery
	$(BIN)/pytest -n 2 -q --cov --cov-report= $(ARGS)
	$(BIN)/coverage report
	@echo "── the pure parts and the delivery: at least 96 % ──"
	$(BIN)/coverage report --include="$(FLOOR)" --fail-under=96

check: .venv/.develops  ## lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: .venv/.develops  ## the documentation as a site, in build/docs; a warning is an error
	$(BIN)/sphinx-build -q -W --keep-going docs build/docs

pictures: .venv/.develops  ## how a post looks on each platform, for the documentation (needs Chromium)
	$(BIN)/python -m docs.pictures

bench: .venv/.develops  ## figures and ratios; asserts nothing
	$(BIN)/python -m bench $(ARGS)

chaos: .venv/.develops  ## kills and faults on every platform at once; prints what was lost or doubled
	$(BIN)/python -m tests.chaos $(ARGS)

build: .venv/.develops  ## wheel and sdist
	$(BIN)/python -m build --no-isolation

release:         ## version, changelog, checks, packages, commit and tag: make release VERSION=1.2.3
	@.ci/release $(VERSION)

lowest:          ## tests with the lowest versions that the bounds allow, on Python 3.11 (needs uv)
	uv venv -q --clear --python 3.11 build/lowest
	uv pip compile -q --python-version 3.11 --resolution lowest-direct --all-extras --group test pyproject.toml -o build/lowest/requirements.txt
	uv pip sync -q --python build/lowest build/lowest/requirements.txt
	PYTHONPATH=. build/lowest/bin/python -m pytest -q -m "not slow and not shared" $(FAST) tests/platforms tests/store $(ARGS)

requirements:    ## pin every dependency again (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --all-extras --group build pyproject.toml -o requirements.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --all-extras --group dev pyproject.toml -o requirements-dev.txt

clean:           ## forget the environment and every cache
	rm -rf .venv .real build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -m venv .venv

# What pip does for a package that is not editable; the wordings are compiled by the first preview.
COMPILE = $(BIN)/python -m compileall -q crosspost && \
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m crosspost preview crosspost/samples/issue.md >/dev/null

# The files pin whole closures, so pip need not resolve: it would ask for the newest `coverage[toml]` and refuse its hash.
# The build backend is pinned and hashed with the rest, so that nothing else is fetched to install the package itself.
.venv/.runs: requirements.txt pyproject.toml | .venv/bin/python
	@echo "Setting up (once) …"
	@$(BIN)/python -m pip install -q --no-deps --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@$(COMPILE)
	@touch $@

.venv/.develops: requirements-dev.txt pyproject.toml | .venv/bin/python
	@$(BIN)/python -m pip install -q --no-deps --require-hashes -r requirements-dev.txt
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@$(COMPILE)
	@touch $@ .venv/.runs
