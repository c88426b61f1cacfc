# Stopline: `make run` and `make test`. Needs python3 (3.11 or newer) with venv, make and git; no root, no hardware.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
DURATION ?=
DEMAND ?= swing
SEED ?= 1
# Tests mostly wait, for processes, ports and timers: more workers than cores is right.
WORKERS ?= 4
# The streets in real time stand side by side too, with nothing else on the computer: each needs a tenth of a core. Where they are,
# so that no worker reads the other tests; tests/conftest.py refuses one that is elsewhere.
STREETS ?= 4
REALTIME := tests/cli tests/field

.PHONY: help setup run test check lint types layers coverage judge schema fmt clean
help:
	@echo "make run [DURATION=60]  the controller on a built-in simulated intersection, with a live view on a terminal"
	@echo "make test               set up, then every check and every test"
	@echo "make check              the checks alone: ruff, mypy --strict, import-linter"
	@echo "make mutants            change the monitor and the interval machine line by line; the tests must notice"
	@echo "make judge              the event log before the public atspm package (475 MB, an environment of its own)"
	@echo "make explore            walk all reachable states of the engine for small sites"
	@echo "make nema | recorded    SUMO's NEMA controller, a recorded signal: beside ours (needs ../shared/data)"
	@echo "make e2e                systemd in a container: kill, freeze, reboot, power cut (root, Debian mirror)"
	@echo "make bench              tick cost, loop lateness, footprint, gain of actuation over the fixed plan"
	@echo "make bench-traffic      delay in SUMO beside tuned peers, 45 minutes (needs ../shared/data)"
	@echo "make install            (root) under /opt/stopline and /etc/stopline"

$(STAMP): pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "python3 is missing: apt-get install python3 python3-venv"; exit 69; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Stopline needs Python 3.11 or newer; this is $$($(PYTHON) --version). Debian 12: apt-get install python3"; exit 69; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "python3 has no venv: apt-get install python3-venv"; exit 69; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[adaptive]" --group dev
	@touch $@

setup: $(STAMP)

run: $(STAMP)
	@$(BIN)/stopline run --simulated --config config/dual-ring-8phase.yaml --state var/state --socket var/control.sock \
		--demand $(DEMAND) --seed $(SEED) $(if $(DURATION),--duration $(DURATION))

# The checks use one core, and so does the start of the tests.
test:
	$(MAKE) --no-print-directory --jobs 2 check coverage

check: lint types layers

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

layers: $(STAMP)
	$(BIN)/lint-imports

# Compiled files are kept whatever the environment says: each daemon, command and worker would compile everything anew.
coverage: export PYTHONDONTWRITEBYTECODE :=
coverage: $(STAMP)
	rm -f .coverage .coverage.*
	$(BIN)/python -m pytest --collect-only -qq > /dev/null || true # compiles each test once and not in every worker; errors come again
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not realtime" --cov --cov-report=
	$(BIN)/python -m pytest -n $(STREETS) --dist worksteal -m realtime --cov --cov-append --cov-report= $(REALTIME)
	$(BIN)/coverage report --fail-under=95
	$(BIN)/coverage report --fail-under=100 --include='edge/safety/*,edge/control/interval*.py'

# The public judge of event logs weighs 475 MB, so it gets an environment of its own, beside the controller's.
judge: $(STAMP)
	$(PYTHON) -m venv .venv-judge
	.venv-judge/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	.venv-judge/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[atspm]" --group dev
	.venv-judge/bin/python -m pytest tests/judges

schema: $(STAMP)
	$(BIN)/stopline schema > config/intersection.schema.json

fmt: $(STAMP)
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

clean:
	rm -rf $(VENV) .venv-judge .venv-sumo var .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache mutants

-include systemd/install.mk bench/bench.mk
