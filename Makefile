# make demo    train, save, reload and compare a model on real data
# make test    the whole suite on JAX, TensorFlow and PyTorch, in one pytest run
# make conformance  every vocabulary against its framework in full, on the three backends
# make docs    docs/vocabulary.md and the attributes of the audit, from the vocabularies and their tests
# make lint    ruff, its formatter, and mypy
# make format  what ruff can mend by itself
# make bench   lamina beside its peers, in one run
# make clean   forget the environment and everything built
#
# Each command sets up what it needs in .venv, once. ARGS go to the command: make test ARGS="-k codec".

SHELL := bash
.SHELLFLAGS := -e -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test conformance docs lint format bench clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

export KERAS_BACKEND ?= jax
export TF_CPP_MIN_LOG_LEVEL ?= 2
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# One worker per backend, and one for the tests that need none: a Keras process has a single backend. JAX, which
# compiles each function that is tested, has a second one for the tests of the vocabularies.
BACKENDS := jax tensorflow torch
WORKERS := --tx popen//id=no-backend//env:KERAS_BACKEND=jax \
           --tx popen//id=jax-vocabulary//env:KERAS_BACKEND=jax \
           $(foreach backend,$(BACKENDS),--tx popen//id=$(backend)//env:KERAS_BACKEND=$(backend))

# The same range as in pyproject.toml. Installed first, so that no other package chooses a build of torch.
TORCH := torch<2.14

# Keras 2, an oracle of the tests. Without its dependencies: it asks for a second build of TensorFlow.
KERAS_2 := tf_keras>=2.16,<3

# pip without its chatter: the name of each package as it comes, and errors.
define pip_install
$(BIN)/python -m pip install $(1) 2> >(grep -v "^WARNING: Location" >&2) | while read -r step what _; do \
	case $$step in \
		Collecting|Processing) what=$${what##*/}; printf ' %s' "$${what%%[-<>=~!;]*}" ;; \
		Installing) [ $$what != collected ] || printf '\n ... unpacking' ;; \
		Successfully) [ $$what != installed ] || echo " done" ;; \
	esac; \
done
endef

help:
	@sed -n 's/^# make /make /p' Makefile

demo: $(VENV)/.demo
	@$(BIN)/python -m lamina demo --save out/digits.keras $(ARGS)

# The workers share the cores already.
test: export OMP_NUM_THREADS := 1
test: $(VENV)/.dev
	@$(BIN)/python -m pytest -o console_output_style=classic --dist=each $(WORKERS) $(ARGS)

# What `make test` does with the last call of each function, with all of them.
conformance: export OMP_NUM_THREADS := 1
conformance: export LAMINA_CONFORMANCE := full
conformance: $(VENV)/.dev
	@$(BIN)/python -m pytest -o console_output_style=classic --dist=each $(WORKERS) tests/vocabulary tests/jaxpr $(ARGS)

docs: export KERAS_BACKEND := jax
docs: $(VENV)/.dev
	@$(BIN)/python -m tests.vocabulary.document

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/.dev
	@$(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf $(VENV) out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

# Stamps: nothing is installed again until pyproject.toml changes.
$(VENV)/.demo: pyproject.toml | $(VENV)/bin/python
	@echo "Installing lamina with JAX into $(VENV), once"
	@$(call pip_install,--editable '.[demo]')
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	@echo "Installing lamina with JAX, TensorFlow, PyTorch and the test tools into $(VENV), once"
	@$(call pip_install,'$(TORCH)')
	@$(call pip_install,--editable '.[dev]')
	@$(call pip_install,--no-deps '$(KERAS_2)')
	@touch $@ $(VENV)/.demo

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "lamina needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + ": make PYTHON=python3.11")'
	@$(PYTHON) -m venv $(VENV)
