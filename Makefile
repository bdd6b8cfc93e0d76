# canreach: make help lists the targets.
GO ?= go
ACTIONLINT = github.com/rhysd/actionlint/cmd/actionlint@v1.7.8
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
PKGS = ./...

.DEFAULT_GOAL := build
.PHONY: help build install test check fmt vet lint race fuzz mutations deletions golden sar bench example integration solver browser cdk org embed workflows reproducible evidence pre-commit man clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

build: ## build bin/canreach
	$(GO) build -o bin/canreach ./cmd/canreach

install: ## install canreach into GOBIN
	$(GO) install ./cmd/canreach

test: ## run every test that needs nothing but Go
	$(GO) test $(PKGS)

check: fmt vet lint ## format, vet, lint

fmt: ## fail if a file is not formatted
	@out=$$(gofmt -l .); test -z "$$out" || { echo "not formatted:"; echo "$$out"; exit 1; }

vet: ## go vet
	$(GO) vet -tags integration,solver $(PKGS) ./testdata/integration ./testdata/cdk

lint: ## staticcheck, pinned
	$(GO) run $(STATICCHECK) $(PKGS)

workflows: ## lint the GitHub workflows and the release's configuration, pinned
	$(GO) run $(ACTIONLINT) .github/workflows/*.yml
	cd scripts/goreleaser && $(GO) run . ../../.goreleaser.yaml

reproducible: ## two builds from two places are the same bytes
	./scripts/reproducible.sh

evidence: ## evidence under compliance-trestle and openssl (installs trestle into .venv-oscal)
	./scripts/evidence-check.sh

pre-commit: ## the hooks under the real pre-commit (installs it into .venv-pre-commit)
	./scripts/pre-commit-check.sh

race: ## tests under the race detector, short
	$(GO) test -race -short -timeout 900s ./sim/... ./rules/... ./internal/... ./snapshot ./internal/cli

fuzz: ## ten seconds of every fuzz target
	./scripts/fuzz-smoke.sh 10s

mutations: ## 2,000 spoilt inputs: no panic, four exit statuses, errors with places, safe output
	CANREACH_MUTATIONS=2000 $(GO) test -run '^TestMutatedInputs$$' ./internal/cli

deletions: ## every member and element of rich snapshots taken away, one at a time: no verdict flips
	CANREACH_DELETIONS=all $(GO) test -count=1 -run '^TestDeletionsNeverFlip$$' ./sim

golden: ## rewrite expected outputs; review the change like code
	UPDATE_GOLDEN=1 $(GO) test $(PKGS)

sar: ## refresh the action tables from npm (see rules/policy/sar)
	rules/policy/sar/refresh.sh

bench: ## benchmarks with allocations, and the ratio to a solver on the same formulas (installs it)
	$(GO) test -run '^$$' -bench . -benchmem $(PKGS)
	SOLVER_PAIRS=$${SOLVER_PAIRS:-30} ./scripts/solver-check.sh

example: ## the main job on the shipped example, working and broken
	$(GO) run ./testdata/examples/neo-compile

integration: ## capture from a real AWS API server (installs it into .venv)
	./scripts/integration.sh

solver: ## set decisions against an independent solver (installs it)
	SOLVER_PAIRS=$${SOLVER_PAIRS:-30} ./scripts/solver-check.sh

browser: ## pictures in headless Chromium (installs it)
	./scripts/screenshots.sh

cdk: ## templates as the AWS CDK synthesizes them (installs it into testdata/cdk)
	./scripts/cdk.sh

org: ## an organization on Spark with failing workers, against one machine (installs PySpark and DuckDB)
	./scripts/org.sh

embed: ## two programs of other modules against this checkout
	./scripts/embed.sh

man: ## man pages, completions and command reference into dist/docs
	$(GO) run ./cmd/canreach-docs -o dist/docs

clean: ## remove what was built
	rm -rf bin dist
