# Two commands do everything: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?= data/demo
PORT ?= 8050

.PHONY: run test check bench drill heal soak clean

run: $(VENV)/.ready
	$(BIN)/python app.py demo --data $(DATA) --port $(PORT)

# A file of tests is run by one process; as many processes as there are processors.
test: $(VENV)/.ready
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

check: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/architecture

bench: $(VENV)/.ready
	$(BIN)/python -m bench

# kill -9 at random moments under load: docs/reliability.md.
drill: $(VENV)/.ready
	ONESCREEN_KILLS=$${ONESCREEN_KILLS:-200} $(BIN)/python -m pytest -q -s -o timeout=0 tests/integration/crash

# What heals by itself, at full length (some 20 minutes); writes the table of docs/reliability.md.
heal: $(VENV)/.ready
	mkdir -p out
	ONESCREEN_DRILL=full ONESCREEN_DRILL_RECORD=out/drills.json $(BIN)/python -m pytest -q -o timeout=0 tests/browser/drills
	$(BIN)/python -m tests.browser.drills.table out/drills.json docs/reliability.md

# Seventy minutes of walls at twenty times the demo's speed: docs/reliability.md.
soak: $(VENV)/.ready
	$(BIN)/python -m tests.soak

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache

$(VENV)/.ready: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit("OneScreen needs Python 3.11 or newer; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || { $(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing (on Debian: apt-get install python3-venv)"; exit 1; }; }
	@echo "Installing the exact versions of requirements.lock into $(VENV) …"
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --requirement requirements.lock
	@touch $@
