# Two commands matter: `make demo` and `make test`. Both set up what they need.
SHELL := /bin/sh
CARGO ?= cargo
BIN := $(or $(CARGO_TARGET_DIR),target)/release/vsg-host

.PHONY: help demo test setup setup-test build sample golden bench accuracy sanitize fuzz docs clean

# Steps follow on each other; Cargo uses all processors by itself.
.NOTPARALLEL:

help: ## Show the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

demo: setup build sample ## Set everything up, make a sample pair, sync it, and show where to look
	@$(BIN) run pipelines/default.toml
	@sh scripts/show-demo.sh

test: setup-test ## Everything that must hold: format, lints, all tests, third-party example, docs
	@sh scripts/test.sh

setup: ## Install the tools that stages call, if they are missing
	@sh scripts/setup.sh

setup-test: setup
	@sh scripts/setup.sh test

build: ## Build host and plugins
	$(CARGO) build --release --locked

sample: build ## Make the sample pair in media/
	@$(BIN) sample media

golden: setup ## Compare with the reference program's results (VSG_GOLDEN=DIR takes another set)
	$(CARGO) build --locked --workspace
	$(CARGO) test --locked --workspace --test 'golden*'
	$(CARGO) test --locked -p delays -p drift-dbscan -p mux-mkvmerge -p subtitle-sync --lib golden

bench: setup ## Measure whole runs against ffmpeg's decodes
	@sh scripts/bench.sh

accuracy: setup ## Measure hundreds of generated pairs with known truth (ARGS="--only drift" for some)
	@sh scripts/accuracy.sh $(ARGS)

sanitize: ## Test the plugin boundary under the address sanitizer
	@sh scripts/sanitize.sh

fuzz: ## Feed pipelines, values and the store a million damaged inputs each (CASES=N for another number)
	PROPTEST_CASES=$(or $(CASES),1000000) $(CARGO) test --locked --release -p vsg-plugin-api --test decoder
	PROPTEST_CASES=$(or $(CASES),1000000) $(CARGO) test --locked --release -p vsg-host --lib store
	PROPTEST_CASES=$(or $(CASES),1000000) $(CARGO) test --locked --release -p vsg-host --test pipeline_check properties

docs: ## Build the API documentation without warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps

clean: ## Remove what was built and made
	$(CARGO) clean
	rm -rf media out
