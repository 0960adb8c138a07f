# Each target sets up what it needs, in .local/. `make` alone lists them.

PYTHON ?= python3.13
ARCHITECTURE ?= $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)
NPM := $(shell command -v npm 2>/dev/null)
RUN = exec env PYTHONPATH=layers/servicedesk .local/dev/bin/python -m

export SAM_CLI_TELEMETRY = 0
export REDOCLY_TELEMETRY = off
export REDOCLY_SUPPRESS_UPDATE_NOTICE = true
export ARCHITECTURE

.PHONY: help run test check openapi fuzz test-stack bench sam-local invoke deploy build clean
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make run [PORT=4566]                the whole service on this machine, deployed to MiniStack, with two demo companies
run: .local/dev/.ready .local/sam/.ready .local/ministack/.ready
	@$(RUN) tools.run --port $(or $(PORT),4566)

## make test                           all that can be tested on this machine
test: .local/dev/.ready .local/sam/.ready .local/ministack/.ready $(if $(NPM),.local/node/.ready)
	@$(RUN) pytest

## make check                          format, lint, types, a test for each rule of the contract, the template, the OpenAPI document
check: .local/dev/.ready .local/sam/.ready .local/checkov/.ready $(if $(NPM),.local/node/.ready)
	@.local/dev/bin/ruff format --check --quiet .
	@.local/dev/bin/ruff check --quiet .
	@.local/dev/bin/mypy
	@$(RUN) tests.contract.rules --check
	@$(RUN) tools.publishing --check
	@$(if $(NPM),.local/node/node_modules/.bin/redocly lint --config tools/redocly.yaml functions/describe_api/openapi.json 2> .local/redocly.log \
	  || { cat .local/redocly.log >&2; exit 1; },echo "Without npm, Redocly's rules for openapi.json are left out." >&2)
	@.local/dev/bin/cfn-lint template.yaml
	@.local/sam/bin/sam validate --lint --region eu-west-1
	@.local/sam/bin/python tools/translated_template.py > .local/translated.json \
	  && .local/checkov/bin/checkov --config-file tools/checkov.yaml --framework cloudformation --quiet --compact \
	    --skip-download -f .local/translated.json

## make openapi                        write what is published, from the declarations: the OpenAPI document and the help page
openapi: .local/dev/.ready
	@$(RUN) tools.publishing

## make fuzz [EXAMPLES=500]            a long search for answers that the OpenAPI document does not have
fuzz: .local/dev/.ready .local/sam/.ready .local/ministack/.ready
	@export FUZZ_EXAMPLES=$(or $(EXAMPLES),500); $(RUN) pytest tests/stack/test_fuzz.py -q

## make test-stack                     the HTTP tests against a deployed stack: BASE_URL=… ALPHA_KEY=… BETA_KEY=…
test-stack: .local/dev/.ready
	$(if $(and $(BASE_URL),$(ALPHA_KEY),$(BETA_KEY)),,$(error make test-stack needs BASE_URL, ALPHA_KEY and BETA_KEY))
	@$(RUN) pytest tests/stack/test_http.py

## make bench                          what a create costs, beside four other ways to write it, and what a page of a list costs
bench: .local/dev/.ready .local/sam/.ready
	@$(RUN) tools.build
	@$(RUN) tests.bench.bench
	@$(RUN) tests.bench.throughput
	@$(RUN) tests.bench.lists

## make sam-local [PORT=3000]          the API by `sam local start-api`, over a moto server (Docker)
sam-local: .local/dev/.ready .local/sam/.ready
	@$(RUN) tools.sam_local start-api --port $(or $(PORT),3000)

## make invoke EVENT=name              one function by `sam local invoke`, with a fixture of events/ (Docker)
invoke: .local/dev/.ready .local/sam/.ready
	$(if $(EVENT),,$(error make invoke needs EVENT=, the name of a fixture in events/))
	@$(RUN) tools.sam_local invoke "$(EVENT)"

## make deploy [ENVIRONMENT=default]   to AWS: guides through a first deployment
deploy: .local/dev/.ready .local/sam/.ready
	@$(RUN) tools.deploy $(if $(ENVIRONMENT),--environment $(ENVIRONMENT))

## make build                          what is deployed, in .aws-sam/build [ARCHITECTURE=x86_64|arm64]
build: .local/dev/.ready .local/sam/.ready
	@$(RUN) tools.build

## make clean                          remove all that the other targets made
clean:
	@if [ -e .local/docker/dockerd.pid ]; then tests/sam_local/engine.sh stop; fi
	rm -rf .local .aws-sam .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.local/uv/.ready: tools/environments/uv.txt
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null \
	  || { echo "This needs Python 3.13, and '$(PYTHON)' is not it; name one with PYTHON=/path/to/python3.13" >&2; exit 1; }
	@echo "Setting up .local/uv …" >&2
	@"$(PYTHON)" -m venv --clear .local/uv
	@.local/uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.local/%/.ready: tools/environments/%.txt .local/uv/.ready
	@echo "Setting up .local/$* …" >&2
	@.local/uv/bin/uv venv --quiet --clear --python .local/uv/bin/python .local/$*
	@.local/uv/bin/uv pip sync --quiet --require-hashes --python .local/$*/bin/python $<
	@touch $@

.local/node/.ready: tools/environments/node/package-lock.json
	@echo "Setting up .local/node …" >&2
	@mkdir -p .local/node && cp tools/environments/node/package*.json .local/node
	@cd .local/node && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

.PRECIOUS: .local/%/.ready
