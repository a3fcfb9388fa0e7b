# make run: the default configuration, from nothing to results/report.html
# make install: what the workflow needs, into .venv; make run does that by itself
# make baselines: adds Scanorama, scVI, scANVI, SysVI, BBKNN, CONCORD and ComBat-seq to .venv
# make slurm: adds what profiles/slurm needs to .venv
# make test: every test but those of the next three
# make test-slurm: a search on a real SLURM of one node
# make test-conda: the test that deploys conda environments
# make test-reliability: kills, full disks, odd and broken data; tells what was tried and what was lost
# make style: the style checks
# make reference: writes what is generated of the config's types, its schema and docs/config.md
# make docs: builds the pages of docs/ as a site into site/
# make benchmark-speed: measures speed beside the authors' package, an hour or more (TASKS="step stack": some of it)
# make benchmark-speed TASKS=atlas: whole runs of 10,000 to a million cells, hours (ATLAS="--cells 10000": some of it)
PYTHON ?= python3
CORES ?= $(shell nproc 2>/dev/null || echo 2)
VENV := .venv
# Tests run side by side, those that share a run of the workflow one after the other.
PYTEST := $(VENV)/bin/python -m pytest --numprocesses $(CORES) --dist loadgroup

TASKS ?= step search evaluation scale stack

.PHONY: run install baselines slurm test test-slurm test-conda test-reliability style format reference docs benchmark-speed
run: $(VENV)/installed
	$(VENV)/bin/snakemake --cores $(CORES)

install: $(VENV)/installed

baselines: $(VENV)/installed-baselines

slurm: $(VENV)/installed-slurm

test: $(VENV)/installed-tests
	sh tests/install_browser.sh
	sh tests/install_r.sh
	$(PYTEST)

test-slurm: $(VENV)/installed-tests $(VENV)/installed-slurm
	sh tests/install_slurm.sh
	$(VENV)/bin/python -m pytest tests/slurm

test-conda: $(VENV)/installed-conda
	$(VENV)/bin/python -m pytest tests/conda

test-reliability: $(VENV)/installed-tests
	$(PYTEST) tests/reliability

style: $(VENV)/installed-tests
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/snakefmt --check Snakefile workflow
	$(VENV)/bin/snakemake --lint

format: $(VENV)/installed-tests
	$(VENV)/bin/ruff check --fix
	$(VENV)/bin/ruff format
	$(VENV)/bin/snakefmt Snakefile workflow

benchmark-speed: $(VENV)/installed-reference
	PYTHONPATH=$(CURDIR)/workflow/scripts $(VENV)/bin/python benchmarks/speed --tasks $(TASKS) $(ATLAS)

$(VENV)/installed: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	@command -v c++ >/dev/null || { echo "a C++ compiler is needed to build scib: for instance apt-get install g++"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --requirement requirements.txt
	touch $@

$(VENV)/installed-baselines: $(VENV)/installed requirements-baselines.txt
	$(VENV)/bin/pip install --quiet --requirement requirements-baselines.txt
	touch $@

$(VENV)/installed-slurm: $(VENV)/installed requirements-slurm.txt
	$(VENV)/bin/pip install --quiet --requirement requirements-slurm.txt
	touch $@

$(VENV)/installed-tests: $(VENV)/installed-baselines requirements-test.txt
	$(VENV)/bin/pip install --quiet --requirement requirements-test.txt
	touch $@

$(VENV)/installed-conda: $(VENV)/installed-tests requirements-conda.txt
	$(VENV)/bin/pip install --quiet --requirement requirements-conda.txt
	touch $@

$(VENV)/installed-reference: $(VENV)/installed
	$(VENV)/bin/pip download --quiet --no-deps --no-binary batchaif --dest $(VENV)/batchaif batchaif==0.0.4
	tar -xzf $(VENV)/batchaif/batchaif-0.0.4.tar.gz -C $(VENV)/batchaif
	$(VENV)/bin/pip install --quiet --no-deps --target $(VENV)/batchaif harmonypy==0.0.10
	touch $@

$(VENV)/installed-docs: $(VENV)/installed-tests requirements-docs.txt
	$(VENV)/bin/pip install --quiet --requirement requirements-docs.txt
	touch $@

reference: $(VENV)/installed-tests
	$(VENV)/bin/python docs/generate.py

# The variable silences an announcement of the theme's authors.
docs: $(VENV)/installed-docs
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --strict --quiet
