# One command each; the set-up behind them is done once and reused (`make setup`).
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup test test-slow reproduce check format clean

BIN := .venv/bin
WORK_DIR ?= work_dirs/reproduce
# Small operations on few cores: more threads only wait for each other.
THREADS ?= 2
export OMP_NUM_THREADS ?= $(THREADS)
export PYTHONUNBUFFERED := 1

# The environment that is there decides; else the newest Python that is supported.
SUITABLE := import sys, venv, ensurepip; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))
FIND_PYTHON = for p in $(BIN)/python python3.11 python3.12 python3; do \
	$$p -c '$(SUITABLE)' 2>/dev/null && echo $$p && break; done
PYTHON ?= $(shell $(FIND_PYTHON))

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14
	@echo 'PYTHON=/path/to/python3.11 chooses another Python for the set-up.'

setup: ## .venv with the whole stack (two to six minutes, then reused)
	@test -n '$(PYTHON)' || { echo 'set-up: expected Python 3.11 or 3.12 with venv on the' \
		'PATH, got none. Install one (Debian: apt-get install python3.11-venv) or run' \
		'make with PYTHON=/path/to/python3.11.' >&2; exit 2; }
	@$(PYTHON) requirements/install.py

test: setup ## all tests but the slow ones and those that need a GPU
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m 'not slow and not gpu' \
		-n $(THREADS) --dist loadfile

test-slow: setup ## the slow tests; those for a GPU are skipped where there is none
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m 'slow or gpu' \
		-n $(THREADS) --dist loadfile

reproduce: setup ## every table at smoke scale on simulated data, and a report
	$(BIN)/mmsia reproduce --scale smoke --jobs $(THREADS) \
		--work-dir $(WORK_DIR)/simulated
ifneq ($(MMSIA_SAMPLES),)
	$(BIN)/mmsia reproduce gog/upper-bounds --evidence oracle \
		--ann-file $(MMSIA_SAMPLES)/coco_val_part/person_keypoints_val2017_part.json \
		--work-dir $(WORK_DIR)/coco-part
endif

check: setup ## what must be clean before a commit: lint, format, types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: setup ## apply the formatter and the lint rules that mend themselves
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean: ## remove .venv, caches and work_dirs/reproduce
	rm -rf .venv .pytest_cache .ruff_cache .mypy_cache build dist *.egg-info $(WORK_DIR)
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
