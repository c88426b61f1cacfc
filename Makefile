# Stopline: two commands, `make run` and `make test`. Needs python3 (3.11 or newer) with venv, make and git.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
DURATION ?=

.PHONY: help run test check setup
help:
	@echo "make run [DURATION=60]   the controller on a built-in simulated intersection"
	@echo "make test                set up and pass everything"
