# The few commands of this project. `make` alone lists them.

.DEFAULT_GOAL := help
.PHONY: help demo test bench schema lint fmt

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

demo: ## run a simulated plant with everything around it
	cargo run --release -- demo

# The binary is built first: some tests kill it and start it again.
test: ## install or start what the tests need, then run all of them
	./tests/setup.sh
	cargo build
	cargo test --workspace

bench: ## measure the journal, the way from a machine to a subscriber, and a dashboard query
	./tests/setup.sh
	cargo build --release
	cargo bench -p tests

schema: ## write schema.graphql
	cargo run --quiet -- schema --output schema.graphql

lint: ## formatting, clippy with warnings denied, dependency rules where cargo-deny is installed
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	@if command -v cargo-deny > /dev/null; then cargo deny check; else echo "cargo-deny is not installed: skipped"; fi

fmt: ## format everything
	cargo fmt --all
