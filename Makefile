# Two commands: `make run` shows it, `make test` proves it. And `make bench` says how fast it is.

CARGO ?= cargo

.PHONY: run test bench build lint api-docs check-licences clean

# Builds, starts the daemon, walks the main job, and keeps serving until Ctrl-C.
run:
	packaging/setup run
	$(CARGO) build --locked --bins
	packaging/demo

# Everything that can be proved: formatting, lints, unit and doc tests, and the whole of it end to end.
test:
	packaging/setup test
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	$(CARGO) build --workspace --bins --locked
	$(CARGO) test --workspace --locked
	$(CARGO) test -p beid-card --no-default-features --locked

# Commands, bytes and time, as tables; fails when a limit is not kept.
# The packages of `build` are named here too: features of libraries depend on them, and others would be built once more.
bench:
	packaging/setup test
	$(CARGO) build --locked --profile dist -p beidd -p beid-simulator -p beid-e2e \
	    --bin beid-sim --bin reader-watch --bin beid-scripted-pinentry --bin bench
	"$${CARGO_TARGET_DIR:-target}/dist/bench"

# What ships, and no program of the tests.
build:
	packaging/setup build
	$(CARGO) build --locked --profile dist -p beidd -p beid-simulator --bins

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

# Writes docs/openapi.json and packaging/dbus/org.beidd1.xml anew, after a change of the API; tests compare them.
api-docs:
	BEIDD_WRITE_DOCS=1 $(CARGO) test --locked -p beidd --lib shipped_

# Needs cargo-deny (`cargo install cargo-deny --locked`).
check-licences:
	$(CARGO) deny check licenses bans sources

clean:
	$(CARGO) clean
