# Figures of this computer and of the traffic model; nothing here is a test. Included by the Makefile.
.PHONY: bench mutants
bench: $(STAMP)
	$(BIN)/python bench/tick.py
	$(BIN)/python bench/lateness.py
	$(BIN)/python bench/footprint.py
	$(BIN)/python bench/gain.py

mutants: $(STAMP)
	$(BIN)/python bench/mutants.py

# All reachable states of the engine for small sites: three to four minutes of a processor for all of them, seconds for --quick.
.PHONY: explore
explore: $(STAMP)
	$(BIN)/python -m tests.explore $(SITES)

# Peers that we did not write; both end well with a sentence where ../shared/data is absent.
.PHONY: nema recorded
nema: $(STAMP)
	$(PYTHON) -m venv .venv-sumo
	.venv-sumo/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	.venv-sumo/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[sumo]"
	.venv-sumo/bin/python bench/nema_peer.py

recorded: $(STAMP)
	$(BIN)/python bench/recorded.py

# Queues as estimated from loops beside SUMO's vehicles. ONLY="--only cologne1", ONLY="--broken advance", ONLY="--act" …
.PHONY: bench-estimation
bench-estimation: $(STAMP)
	$(PYTHON) -m venv .venv-sumo
	.venv-sumo/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	.venv-sumo/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[sumo]"
	PYTHONPATH=bench .venv-sumo/bin/python bench/estimation.py $(ONLY)

# The gain that shadow tells from loops under plain actuation, beside the gain of acting in SUMO. ONLY="--only cologne1" …
.PHONY: bench-shadow
bench-shadow: $(STAMP)
	$(PYTHON) -m venv .venv-sumo
	.venv-sumo/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	.venv-sumo/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[sumo]"
	PYTHONPATH=bench .venv-sumo/bin/python bench/shadow.py $(ONLY)

# Delay in SUMO beside tuned peers. The core fits in 45 minutes on 2 cores; FULL=1 does the rest; both go on where they were stopped.
.PHONY: bench-traffic
bench-traffic: $(STAMP)
	$(PYTHON) -m venv .venv-sumo
	.venv-sumo/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	.venv-sumo/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[sumo]"
	PYTHONPATH=bench .venv-sumo/bin/python -m traffic $(if $(FULL),--full) $(ONLY)

# False alarms and detection times of the watch of loops. SITES="site.yaml=run.sumocfg …" adds SUMO (needs the extra sumo).
.PHONY: bench-health
bench-health: $(STAMP)
	$(BIN)/python bench/health.py $(foreach pair,$(SITES),--sumocfg $(pair))
