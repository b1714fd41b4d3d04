# make install   set up .venv        make demo   run the main job on the samples
# make test      all checks          make help   this list       make coverage  what tests reach
# make check     those that take two minutes: style, types, layers, tests without other processes
# make audit     known vulnerabilities, risky code      make fuzz   Schemathesis over the API
# make contract  the client against a real vLLM on the CPU      make floors  the oldest packages

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# .venv is made anew when the lock changes: not by its own python, which has no pip.
export PATH := $(subst :$(CURDIR)/$(BIN),,$(subst $(CURDIR)/$(BIN):,,$(PATH)))
# What would change which modules are found, take assertions out of the tests, or have each of the
# hundreds of programs that tests start compile all that it imports.
unexport PYTHONHOME PYTHONOPTIMIZE PYTHONPATH PYTHONSAFEPATH VIRTUAL_ENV PYTHONDONTWRITEBYTECODE

.PHONY: help install demo test check lint types layers tests unit wheel coverage contract format lock tools floors audit fuzz clean

help:
	@sed -n 's/^# //p' Makefile

# Nothing happens where .venv is up to date.
install:
	@$(PYTHON) make_environment.py $(VENV) --lock requirements-dev.lock --editable .

demo: install
	@$(BIN)/python samples/demo.py demo

test: lint types layers tests

check: lint types layers
	$(BIN)/pytest $(PARALLEL) -m "not processes" tests/unit

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: install
	$(BIN)/mypy

layers: install
	$(BIN)/lint-imports

# In some processes more than there are cores, since many tests wait for others.  One after the other:
# make test PARALLEL=
# What hangs fails: the time-out is far more than the slowest test takes on a busy machine.
PARALLEL ?= --numprocesses=auto --dist=worksteal --durations=25 --timeout=1200

# All in one, so that no process is idle while another finishes the last of a part.
tests: install
	$(BIN)/pytest $(PARALLEL)

unit: install
	$(BIN)/pytest $(PARALLEL) --ignore=tests/packaging

wheel: install
	$(BIN)/pytest $(PARALLEL) tests/packaging

# Apart from `test`, as it more than doubles what the tests take and no figure is asked for.
coverage: install
	$(BIN)/pytest $(PARALLEL) --ignore=tests/packaging --cov --cov-report=term

# Apart from `test` because of its size: a real vLLM on the CPU, 3 GB of disk, 5 GB of memory.  Its
# packages are pinned; torch must be found as a CPU build (a mirror, or PIP_FIND_LINKS).
CONTRACT_VENV ?= build/contract/venv

contract: install
	@$(PYTHON) make_environment.py $(CONTRACT_VENV) --lock tests/contract/requirements.txt --complete
	$(BIN)/python -m tests.contract $(CONTRACT_VENV)

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Pins every package with its hashes, and names with their extras: pip before 23.3 takes the newest
# release for a name with extras that the lock names without.  No index address gets into the files,
# so that a mirror or an air-gapped copy serves as well; every package has wheels, so that nothing is
# built with whatever is newest.
COMPILE = $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
  --no-strip-extras --only-binary :all: --no-emit-index-url --no-header --quiet
lock: install
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(COMPILE) --group build -c requirements-dev.lock -o requirements-build.lock
	$(COMPILE) --group tools -o requirements-tools.lock
	$(COMPILE) --group training -c requirements.lock -o training/requirements.txt

# Tools that would bring fifty packages into the development environment have one of their own.
TOOLS := .venv-tools
tools:
	@$(PYTHON) make_environment.py $(TOOLS) --lock requirements-tools.lock

# The program with the oldest packages that pyproject.toml allows.  Some of them warn of what newer
# ones of the test tools call outdated, so that warnings are no errors here.
FLOORS := build/floors
floors: install
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(FLOORS)
	$(BIN)/uv pip compile pyproject.toml --extra eval --resolution lowest-direct --no-header --quiet \
	  --python-version 3.11 -o build/floors.txt
	$(BIN)/uv pip install --quiet --python $(FLOORS)/bin/python -r build/floors.txt --group tests
	$(BIN)/uv pip install --quiet --python $(FLOORS)/bin/python --no-deps --no-build-isolation --editable .
	$(FLOORS)/bin/pytest -p no:anyio -o filterwarnings=default --ignore=tests/unit/benchmarks \
	  tests/unit tests/integration

# Ruff's S rules are bandit's, with a reason beside each exception; B104 and B608 (every comparison
# with 0.0.0.0, every SQL text made of constants) are left to them.  pip-audit asks PyPI; offline or
# behind a mirror without its data the target fails and says NOT AUDITED.
audit: install tools
	$(TOOLS)/bin/bandit -q -ll --skip B104,B608 -r safety_detector
	$(BIN)/python -m tests.acceptance.audit $(TOOLS)/bin/pip-audit requirements.lock

fuzz: install tools
	$(BIN)/python -m tests.acceptance.fuzz $(TOOLS)/bin/schemathesis

clean:
	rm -rf $(VENV) $(TOOLS) demo build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
