# yqbot：装环境、演示、测试。只需要 Python 3.11 及以上和 make。
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEMO_ARGS ?=
CHAOS_ARGS ?=

.PHONY: setup demo test bench chaos run fmt check lint types clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,postgres]'
	touch $(STAMP)

demo: setup
	$(BIN)/yqbot demo $(DEMO_ARGS)

run: setup
	$(BIN)/yqbot run

fmt: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

check: setup
	$(BIN)/yqbot check

test: setup lint types
	$(BIN)/python -m pytest --cov --cov-report= -p no:cacheprovider
	$(BIN)/python tests/coverage_gate.py

bench: setup
	$(BIN)/python -m tests.bench

chaos: setup
	$(BIN)/python -m tests.chaos $(CHAOS_ARGS)

clean:
	rm -rf $(VENV) build *.egg-info .coverage
