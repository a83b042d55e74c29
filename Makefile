# Every command a person needs. `make run` is the product; `make test` is what CI runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Where nothing compiled is kept, each worker compiles every test anew, and each program that a test starts all of bridge.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run demo test test-beyond-check check check-text check-tests bench mutate soundcard lock docs clean

run: $(VENV)/run.stamp
	@$(BIN)/samband run --with-simulator

demo: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.demo

# Lanes of tests (tests/run.py), so many systems side by side. What fails while the machine provably stood still, or gave
# the test's programs too little time, is tried once more (tests/harness/pauses.py), and nothing else.
WORLDS ?= 4

test: $(VENV)/dev.stamp soundcard
	@$(BIN)/python -m tests.prepare
	$(BIN)/python -m tests.run --worlds $(WORLDS)

# After `make check`, whose tests it leaves out.
test-beyond-check: $(VENV)/dev.stamp soundcard
	@$(BIN)/python -m tests.prepare
	$(BIN)/python -m tests.run --worlds $(WORLDS) --beyond-check

# One core looks at the text while the other runs the tests; each prints when it has ended.
check: $(VENV)/dev.stamp
	@$(MAKE) --no-print-directory -j2 --output-sync=target check-text check-tests

check-text:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python docs/generate.py --check

# On a clean clone pytest rewrites each test's assertions. One process does it for all workers, which would else do it each.
check-tests:
	@$(BIN)/python -m pytest -qq --collect-only tests/model tests/unit tests/contract >/dev/null 2>&1 || true
	$(BIN)/python -m pytest -q -n 3 --dist worksteal -m "not integration and not slow and not realtime and not postgres" tests/model tests/unit tests/contract

bench: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.prepare
	@$(BIN)/python -m tests.bench $(ARGS)

# Would the tests of the rules notice? See docs/explanation/mutants.md; ARGS="--only bridge/domain/floor.py --sample 0".
mutate: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.mutate $(ARGS)

# Terminals on a sound card (`alsa:`) need ALSA's library and a compiler; nothing else does.
soundcard: $(VENV)/run.stamp
	@{ [ -e /usr/include/alsa/asoundlib.h ] && command -v cc >/dev/null; } || { \
	  if [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y gcc python3-dev libasound2-dev; \
	  else echo "System packages are missing: sudo apt-get install gcc python3-dev libasound2-dev"; exit 1; fi; }
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-soundcard.lock

# The lock files hold names, versions and hashes only, so that any index or mirror can serve them.
lock: $(VENV)/dev.stamp
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --group dev pyproject.toml -o requirements-dev.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  -c requirements-dev.lock pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --group soundcard -o requirements-soundcard.lock

docs: $(VENV)/dev.stamp
	$(BIN)/python docs/generate.py

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Samband needs Python 3.11 or later; PYTHON=/path/to/python3 make run chooses one"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  if [ "$$(id -u)" = 0 ]; then apt-get install -y python3-venv && $(PYTHON) -m venv $(VENV); \
	  else echo "The system package python3-venv is missing: sudo apt-get install python3-venv"; exit 1; fi; }

$(VENV)/run.stamp: requirements.lock pyproject.toml | $(VENV)/bin/pip
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/run.stamp
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
