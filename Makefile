# Everything a contributor runs; CONTRIBUTING.md says when. Each target makes .venv first if need be.

ifndef PYTHON
PYTHON := $(shell for name in python3 python3.13 python3.12 python3.11; do \
	if $$name -I -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then echo $$name; break; fi; done)
endif

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
RUNTIME := wheelhouse/.complete

.PHONY: check test test-slow test-e2e test-editors bench bench-server fuzz demo live wheel

check: .venv/.complete
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/basedpyright
	$(BIN)/python tools/docs.py --check

test: .venv/.complete
	$(BIN)/pytest -n auto

# What waits, kills processes or repeats itself, and takes a second or more each: CI runs it too.
test-slow: .venv/.complete
	$(BIN)/pytest -n auto -m slow

test-e2e: .venv/.complete $(RUNTIME)
	$(BIN)/pytest -n auto -m e2e

# Neovim is in .venv; what else is not installed is skipped, unless EDITORS_REQUIRED is set.
test-editors: .venv/.complete
	$(BIN)/pytest -n auto -m editors tests/editors

bench: .venv/.complete
	$(BIN)/python tests/bench/run.py

# The language server beside others; pylsp is one of them after pip install '.[bench]'.
bench-server: .venv/.complete
	$(BIN)/python tests/bench/server.py

# Long runs of what the tests do briefly: 20,000 damaged replies, diffs that git turns into our bytes, 10,000 damaged
# requests to the language server, 300,000 edits of a text in each encoding.
fuzz: .venv/.complete
	$(BIN)/python tests/bench/fuzz_applier.py
	FUZZ_EXAMPLES=3000 $(BIN)/pytest -n auto tests/routing/test_unified.py tests/routing/test_patch_in.py
	FUZZ_REQUESTS=10000 FUZZ_EDITS=300000 $(BIN)/pytest tests/server/test_fuzz.py tests/server/test_documents.py

demo: .venv/.complete
	$(BIN)/python tools/demo.py

# Calls real models with the keys of the environment and costs money, $0.10 at most: make live KIND=lint-fix
live: .venv/.complete
	$(BIN)/python tools/live.py $(KIND)

wheel: .venv/.complete
	rm -rf dist
	$(BIN)/python -m build --wheel --outdir dist .

.venv/.complete: pyproject.toml constraints.txt
ifeq ($(PYTHON),)
	@echo "suffice needs Python 3.11 or newer with venv: install it (on Debian python3 and python3-venv), or name it with make PYTHON=/path/to/python3." >&2; exit 1
else
	@if command -v uv > /dev/null \
		&& uv venv --quiet --allow-existing --seed --python "$$(command -v $(PYTHON))" .venv \
		&& uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable '.[dev]'; \
	then :; else \
		$(PYTHON) -m venv .venv && $(PIP) install --constraint constraints.txt --editable '.[dev]'; \
	fi
	@touch $@
endif

# What the action installs, so that its tests need no package index: suffice's dependencies and its build backend.
$(RUNTIME): pyproject.toml constraints.txt | .venv/.complete
	rm -rf wheelhouse
	$(PIP) wheel --wheel-dir wheelhouse --constraint constraints.txt . hatchling
	rm wheelhouse/suffice-*.whl
	@touch $@
