# Figures of this computer and of the traffic model; nothing here is a test. Included by the Makefile.
.PHONY: bench mutants
bench: $(STAMP)
	$(BIN)/python bench/tick.py
	$(BIN)/python bench/lateness.py
	$(BIN)/python bench/footprint.py
	$(BIN)/python bench/gain.py

mutants: $(STAMP)
	$(BIN)/python bench/mutants.py

# All reachable states of the engine for small sites: about a quarter of an hour for all of them, seconds for --quick.
.PHONY: explore
explore: $(STAMP)
	$(BIN)/python -m tests.explore $(SITES)
