# Needs make and Python 3.11 or newer; everything else is installed into .venv, in the versions and with the hashes of the lock files.

PYTHON ?= $(firstword $(foreach candidate,python3 python3.14 python3.13 python3.12 python3.11,$(shell \
	$(candidate) -c 'import sys; sys.version_info >= (3, 11) and print("$(candidate)")' 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin
RIVALS := .venv-bench
INSTALL := install --quiet --disable-pip-version-check
DEMO := demo
RUN := $(BIN)/cito-numo
SCHOOL := $(DEMO)/schools/demo-college
PROOFS := $(addprefix tests/,test_state_machine.py test_attacks.py test_canaries.py test_crashes.py test_fuzzing.py test_overlap.py test_state.py)
PROPERTIES := $(addprefix tests/,test_properties.py test_cito_properties.py test_edexml_properties.py)
# Tests whose lines other tests show too: to count their coverage takes half as long again.
UNCOUNTED := $(addprefix tests/,test_xml_stream.py test_unpacking.py test_demo.py test_docs.py test_docs_edexml.py test_ready_to_run.py \
	test_cito_merging.py test_holds.py test_nights.py test_rebuild.py test_revisions.py test_sync.py test_workbook_limits.py)
RULES := cito_numo/niveaus.py,cito_numo/matching.py,cito_numo/selection.py,cito_numo/threshold.py,cito_numo/plans.py

export PYTHONDONTWRITEBYTECODE :=
# Empty is off: the tests and the wheel start programs again and again, which are compiled once then.

.PHONY: help demo test lint cover sample wheel bench bench-small prove format lock docs clean

help: ## Show what there is to make
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/installed ## Make a demo workspace, run two nights on it and show what came out
	@rm -rf $(DEMO)
	$(RUN) init $(DEMO) --demo
	@printf '\n--- The first night\n'
	$(RUN) sync --config $(DEMO)/cito-numo.yaml --verbose
	@printf '\n--- For Numo: %s\n' $(SCHOOL)/outbox/latest/leerplannen.csv
	@head -n 4 $(SCHOOL)/outbox/latest/leerplannen.csv
	@printf '\n--- For the school: %s\n' $(SCHOOL)/report/niet-geleverd.csv
	@head -n 4 $(SCHOOL)/report/niet-geleverd.csv
	@printf '\n--- The second night, with a new export: a newer toets and a correction\n'
	cp -Rp $(DEMO)/tomorrow/. $(DEMO)
	$(RUN) sync --config $(DEMO)/cito-numo.yaml --verbose
	@cat $(SCHOOL)/outbox/latest/leerplannen.csv

test: $(VENV)/installed ## Run all checks: what CI runs
	$(MAKE) --jobs 2 lint wheel  # each takes one core
	$(MAKE) cover sample
	$(MAKE) bench-small

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

cover: $(VENV)/installed
	rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest --numprocesses auto $(addprefix --ignore ,$(PROOFS) $(PROPERTIES) $(UNCOUNTED))
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under 95
	$(BIN)/coverage report --include '$(RULES)' --fail-under 100

sample: $(VENV)/installed ## Run a sample of the crash, fault, attack, fuzz, privacy, state and property tests, and all that need no coverage
	$(BIN)/python -m pytest --numprocesses auto $(PROOFS) $(PROPERTIES) $(UNCOUNTED)

wheel: $(VENV)/installed ## Build the wheel and run the demo from it in a new environment
	rm -rf build
	$(BIN)/python -m hatchling build --target wheel --directory build
	$(PYTHON) -m venv --without-pip build/venv
	$(BIN)/python -m pip --python build/venv/bin/python $(INSTALL) --no-compile --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip --python build/venv/bin/python $(INSTALL) --no-compile --no-deps build/*.whl
	build/venv/bin/cito-numo init build/demo --demo
	build/venv/bin/cito-numo sync --config build/demo/cito-numo.yaml --verbose
	test -s build/demo/schools/demo-lyceum/outbox/latest/leerplannen.json
	build/venv/bin/cito-numo schema leerplannen > build/schema.json

bench: $(VENV)/installed $(RIVALS)/installed ## Measure a night, and all that takes time, beside others that do the core of it: an hour
	$(BIN)/python benchmarks/all.py

bench-small: $(VENV)/installed $(RIVALS)/installed ## Measure at a small size whether anything became slower: a minute
	$(BIN)/python benchmarks/all.py --small

format: $(VENV)/installed ## Format the code
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

lock: $(VENV)/installed ## Write the lock files anew, with the newest versions that fit
	$(BIN)/uv pip compile $(LOCK) --upgrade --output-file requirements.lock pyproject.toml
	$(BIN)/uv pip compile $(LOCK) --upgrade --output-file requirements-dev.lock --group dev pyproject.toml
	$(BIN)/uv pip compile $(LOCK) --upgrade --output-file benchmarks/requirements.lock benchmarks/requirements.txt

LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header

prove: $(VENV)/installed ## Run them at full size, and the property tests too: hours, by hand; prints how much was tried
	CITO_NUMO_PROVE=1 $(BIN)/python -m pytest -rP $(PROOFS) $(PROPERTIES)

docs: $(VENV)/installed ## Write docs/commands.md, docs/errors.md, docs/walkthrough.md and the tables of docs/exports.md anew
	$(BIN)/python docs/commands.py > docs/commands.md
	$(BIN)/python docs/errors.py > docs/errors.md
	$(BIN)/python docs/exports.py
	$(BIN)/python docs/walkthrough.py

clean: ## Throw away what was made
	rm -rf $(VENV) $(RIVALS) build $(DEMO) .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache

$(VENV)/installed: requirements-dev.lock pyproject.toml
	@test -n '$(PYTHON)' || { echo 'cito-numo needs Python 3.11 or newer: install it, or name it with make PYTHON=...' >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip $(INSTALL) --require-hashes --requirement requirements-dev.lock
	$(BIN)/python -m pip $(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(RIVALS)/installed: benchmarks/requirements.lock
	$(PYTHON) -m venv --clear $(RIVALS)
	$(RIVALS)/bin/python -m pip $(INSTALL) --require-hashes --requirement benchmarks/requirements.lock
	@touch $@
