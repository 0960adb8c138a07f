# `make` alone lists the targets. Each sets up its requirements: Python's packages in .venv, other tools in .local.

PYTHON ?= python3.13
ARCHITECTURE ?= $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)
NPM := $(shell command -v npm 2>/dev/null)
MAVEN := $(shell command -v mvn 2>/dev/null)
RUN = exec .venv/bin/python -m
EXPORT = .venv/bin/uv export --quiet --frozen --python .venv/bin/python --only-group

export SAM_CLI_TELEMETRY = 0
export REDOCLY_TELEMETRY = off
export REDOCLY_SUPPRESS_UPDATE_NOTICE = true
export ARCHITECTURE
# Commands here start Python hundreds of times, and without bytecode each start compiles all its imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run events test quick check documents openapi lock fuzz test-stack bench sam-local invoke deploy replay-events build clean
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make run [PORT=4566]                run the whole service on this machine, on MiniStack, with two demo companies
run: .venv/.ready .local/sam/.ready .local/ministack/.ready
	@$(RUN) tools.run --port $(or $(PORT),4566)

## make events                         show the events of make run live, one line for each
events: .venv/.ready
	@$(RUN) tools.events

## make test                           run every test that this machine can run
test: .venv/.ready .local/sam/.ready .local/ministack/.ready $(if $(NPM),.local/node/.ready) $(if $(MAVEN),.local/olingo/.ready)
	@$(RUN) pytest --numprocesses 4 $(TESTS)

## make quick                          run the short tests, which need neither MiniStack nor Java
quick: .venv/.ready
	@$(RUN) pytest --numprocesses 2 tests/unit tests/published tests/integration tests/template_checks $(TESTS)

## make check                          format, lint, types, the documents, the template
check: .venv/.ready .local/sam/.ready .local/checkov/.ready $(if $(NPM),.local/node/.ready)
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy
	@.venv/bin/python -m tools.lock --check
	@$(RUN) tools.documents --check
	@$(RUN) tools.publishing --check
	@$(if $(NPM),.local/node/node_modules/.bin/redocly lint --config tools/redocly.yaml functions/describe_api/openapi.json 2> .local/redocly.log \
	  || { cat .local/redocly.log >&2; exit 1; },echo "Without npm, Redocly's rules for openapi.json are left out." >&2)
	@.venv/bin/cfn-lint template.yaml .github/release-role.yaml
	@.local/sam/bin/sam validate --lint --region eu-west-1
	@.local/sam/bin/python tools/translated_template.py > .local/translated.json \
	  && .local/checkov/bin/checkov --config-file tools/checkov.yaml --framework cloudformation --quiet --compact \
	    --skip-download -f .local/translated.json

## make documents                      update the generated parts of the documents
documents: .venv/.ready
	@$(RUN) tools.documents

## make openapi                        generate the OpenAPI document from the declarations
openapi: .venv/.ready
	@$(RUN) tools.publishing

## make lock [UPGRADE=package]         pin the packages of pyproject.toml; UPGRADE= upgrades one of them
lock: .venv/.ready
	@$(RUN) tools.lock $(if $(UPGRADE),--upgrade-package $(UPGRADE))

## make fuzz [EXAMPLES=500]            search long for answers that the OpenAPI document does not describe
fuzz: .venv/.ready .local/sam/.ready .local/ministack/.ready
	@export FUZZ_EXAMPLES=$(or $(EXAMPLES),500); $(RUN) pytest tests/stack/test_fuzz.py -q

## make test-stack                     run the HTTP tests against a deployed stack: BASE_URL=… ALPHA_KEY=… BETA_KEY=…
test-stack: .venv/.ready
	$(if $(and $(BASE_URL),$(ALPHA_KEY),$(BETA_KEY)),,$(error make test-stack needs BASE_URL, ALPHA_KEY and BETA_KEY))
	@$(RUN) pytest tests/stack/test_http.py

## make bench                          measure a create, beside other ways to write it, a page of a list, and an import
bench: .venv/.ready .local/sam/.ready
	@$(RUN) tools.build
	@$(RUN) tests.bench.bench
	@$(RUN) tests.bench.lists
	@$(RUN) tests.bench.batches

## make sam-local [PORT=3000]          serve the API with `sam local start-api`, over a moto server (Docker)
sam-local: .venv/.ready .local/sam/.ready
	@$(RUN) tools.sam_local start-api --port $(or $(PORT),3000)

## make invoke EVENT=name              call one function with `sam local invoke` and a fixture of events/ (Docker)
invoke: .venv/.ready .local/sam/.ready
	$(if $(EVENT),,$(error make invoke needs EVENT=, the name of a fixture in events/))
	@$(RUN) tools.sam_local invoke "$(EVENT)"

## make deploy [ENVIRONMENT=default]   deploy to AWS; SAM guides the first deployment; YES=1 is non-interactive
deploy: .venv/.ready .local/sam/.ready
	@$(RUN) tools.deploy $(if $(ENVIRONMENT),--environment $(ENVIRONMENT)) $(if $(YES),--yes)

## make replay-events STACK=name       replay the events of the stack's dead-letter queue
replay-events: .venv/.ready
	$(if $(STACK),,$(error make replay-events needs STACK=, the name of the stack))
	@$(RUN) tools.replay_events --stack "$(STACK)"

## make build                          build functions and layers in .aws-sam/build [ARCHITECTURE=x86_64|arm64]
build: .venv/.ready .local/sam/.ready
	@$(RUN) tools.build

## make clean                          remove everything that the other targets made
clean:
	@if [ -e .local/docker/dockerd.pid ]; then tests/sam_local/engine.sh stop; fi
	rm -rf .venv .local .aws-sam .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment of contributors, their editors and most targets. It uses the package servicedesk from its sources.
.venv/.ready: uv.lock tools/environments/uv.txt
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null \
	  || { echo "This needs Python 3.13, and '$(PYTHON)' is not it; name one with PYTHON=/path/to/python3.13" >&2; exit 1; }
	@echo "Setting up .venv …" >&2
	@"$(PYTHON)" -m venv --clear .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tools/environments/uv.txt
	@$(EXPORT) dev >.venv/requirements.txt
	@.venv/bin/uv pip install --quiet --no-deps --require-hashes --python .venv/bin/python -r .venv/requirements.txt
	@echo "$(CURDIR)/layers/servicedesk" >"$$(echo .venv/lib/python3.*/site-packages)/servicedesk.pth"
	@touch $@

.local/%/.ready: uv.lock .venv/.ready
	@echo "Setting up .local/$* …" >&2
	@.venv/bin/uv venv --quiet --clear --python .venv/bin/python .local/$*
	@$(EXPORT) $* >.local/$*/requirements.txt
	@.venv/bin/uv pip sync --quiet --require-hashes --python .local/$*/bin/python .local/$*/requirements.txt
	@touch $@

.local/node/.ready: tools/environments/node/package-lock.json
	@echo "Setting up .local/node …" >&2
	@mkdir -p .local/node && cp tools/environments/node/package*.json .local/node
	@cd .local/node && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

.local/olingo/.ready: tests/clients/odata/pom.xml
	@echo "Setting up .local/olingo …" >&2
	@mvn --batch-mode --quiet --strict-checksums --file=$< org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies \
	  -DoutputDirectory="$(CURDIR)/.local/olingo"
	@touch $@

.PRECIOUS: .local/%/.ready
