# `make run` shows it, `make test` proves it, `make bench` says how fast it is. `make help` lists the rest.

CARGO ?= cargo
TIMED = @tests/jobs/timed $@

# What ships. `bench` names the same packages: features of libraries depend on them, and others would be built once more.
SHIPS = -p beidd -p beidctl -p beid-simulator
# Makes what ships smaller: relocations packed (the C library from 2.36 on loads them), one body for functions that came out
# the same (lld), and frame pointers, with which the tables for back traces have a third less to say. `make build SMALL=` does
# without, for other linkers.
SMALL = --config 'build.rustflags=["-Clink-arg=-Wl,-z,pack-relative-relocs,--icf=all,-O2", "-Cforce-frame-pointers=yes", $(SAME)]'
# Makes it the same wherever it is built: no path of this machine gets into a message or a name. Where crates are depends on
# the registry, and is known when they are there; the short name saves 30 KB.
CARGO_HOME ?= $(HOME)/.cargo
SAME = "--remap-path-prefix=$(CURDIR)=.", "--remap-path-prefix=$(CARGO_HOME)=cargo"$(foreach crates,$(wildcard \
    $(CARGO_HOME)/registry/src/*),$(comma) "--remap-path-prefix=$(crates)=crates")
comma = ,
# Programs name the libraries in them, for whoever looks for vulnerable ones (.dep-v0, cargo-auditable).
DIST_BUILD = PATH="$(TARGET)/tools/bin:$$PATH" $(CARGO) auditable build --locked --profile dist $(SMALL)
# Flags for C cannot name folders with blanks.
build bench-programs man: export CFLAGS += $(if $(filter 2,$(words $(CURDIR) $(CARGO_HOME))),-ffile-prefix-map=$(CURDIR)=. \
    -ffile-prefix-map=$(CARGO_HOME)=cargo)
# Tests of these need a compiler and nothing else: the card without PC/SC, the documents without other people's verifiers.
UNIT = --no-default-features -p beid-pki -p beid-card -p beid-protocol --lib \
    $(addprefix --test ,card genuineness hostile pin_pad pkcs15 properties reading signing vectors)

# Without a network rustup cannot fetch the compiler that rust-toolchain.toml names; stable then serves as well.
ifneq ($(shell $(CARGO) --version > /dev/null && echo yes),yes)
$(warning the compiler that rust-toolchain.toml names is not installed: using stable)
export RUSTUP_TOOLCHAIN = stable
endif

TARGET := $(shell realpath --canonicalize-missing "$(or $(CARGO_TARGET_DIR),target)")
DIST = $(TARGET)/dist
PACKAGES = $(TARGET)/packages

.PHONY: help run test fmt clippy rustdoc msrv licences dependencies features unit e2e packages bench soak mutants build man manual docs install deb rpm \
    archive sbom reproducible container npm release api-docs counts clean
# Jobs run in the order of their list, and two of them would wait for one build directory anyway.
.NOTPARALLEL:

help: ## list these targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name does; do \
	    printf '  make %-12s %s\n' "$$name" "$$does"; done

run: ## install what is missing, build, show the whole path once, and serve until Ctrl-C
	packaging/setup run
	$(CARGO) build --locked --bins
	packaging/demo

test: test-setup fmt clippy rustdoc msrv licences dependencies features unit e2e packages ## install what is missing and run every job below, up to the first that fails

.PHONY: test-setup
test-setup:
	packaging/setup test

fmt: ## job: formatting
	$(TIMED) $(CARGO) fmt --all --check

clippy: ## job: lints, and nothing newer in the standard library than the promised Rust has
	$(TIMED) $(CARGO) clippy --workspace --all-targets --locked -- -D warnings

rustdoc: export RUSTDOCFLAGS = -D warnings
rustdoc: ## job: the crates' documentation, without a broken link
	$(TIMED) $(CARGO) doc --workspace --no-deps --locked

msrv: ## job: the Rust version that Cargo.toml promises
	$(TIMED) tests/jobs/msrv

licences: ## job: licences and origins of the dependencies
	$(TIMED) tests/jobs/licences

dependencies: ## job: a reason for each dependency and feature, and none that is not used
	$(TIMED) tests/jobs/dependencies

features: ## job: crates of ours without their features, and with each alone
	$(TIMED) tests/jobs/features

unit: ## job: tests that need a compiler and nothing else of the system
	$(TIMED) $(CARGO) test --locked $(UNIT)

# Programs are built together with the tests: alone, their libraries get other features and would be compiled twice.
# A test that hangs is ended and seen, long before whoever runs this gives up.
e2e: ## job: every test, under a real pcscd and a private bus too
	$(TIMED) sh -c '$(CARGO) build --workspace --bins --tests --locked && \
	    timeout --foreground 45m $(CARGO) test --workspace --locked'

# Made of the programs that `e2e` has built; BINARIES=target/dist takes those of `make build`, and DEBS=target/packages/deb the
# packages of `make deb` as they are.
packages: manual ## job: packages on Debian 12 and 13, booted: installed, used, upgraded, purged (root)
	$(TIMED) tests/jobs/packages $(if $(BINARIES),--binaries "$(BINARIES)") $(if $(DEBS),--debs "$(DEBS)")

.PHONY: bench-programs
bench-programs: crates
	packaging/setup test
	packaging/setup build
	$(DIST_BUILD) $(SHIPS) -p beid-e2e --bin beidd --bin beidctl \
	    --bin beid-sim --bin reader-watch --bin beid-scripted-pinentry --bin evidence-desks --bin bench

# Before flags that name where they are.
.PHONY: crates
crates:
	$(CARGO) fetch --locked --quiet --target "$$(rustc -vV | sed -n 's/^host: //p')"

bench: bench-programs ## count commands and bytes, measure time; fails if a limit is not kept
	"$(DIST)/bench"

soak: bench-programs ## watch memory, descriptors and threads of a busy daemon for an hour (SOAK_MINUTES); fails if they grow
	"$(DIST)/bench" soak

mutants: ## change the files that judge in small ways, one at a time, and expect a test to fail (hours; needs cargo-mutants)
	@command -v cargo-mutants > /dev/null || { echo "cargo-mutants is not installed: cargo install --locked cargo-mutants"; exit 1; }
	packaging/setup test
	$(CARGO) mutants --output target $(MUTANTS)

build: crates ## build what ships, into target/dist
	packaging/setup build
	$(DIST_BUILD) $(SHIPS) --bins

# With PROFILE=dist it takes libraries that `make build` has built, as packages do.
man: ## write manual pages and completions, into target/man and target/completions
	$(if $(filter dist,$(PROFILE)),$(DIST_BUILD) $(SHIPS),$(CARGO) build --locked) -p beid-man --bin beid-man
	"$(TARGET)/$(or $(PROFILE),debug)/beid-man" "$(TARGET)"

manual: ## build the documentation as a website of files, into target/manual
	packaging/setup manual
	LC_ALL=C.UTF-8 "$${BEIDD_TEST_TOOLS:-target/test-tools}/bin/sphinx-build" -q -W --keep-going -b html -c docs -E \
	    -d "$(TARGET)/doctrees" . "$(TARGET)/manual"
docs: manual

install: ## put what was built where it belongs: PREFIX=/usr/local, DESTDIR=
	packaging/install --prefix "$(or $(PREFIX),/usr/local)" $(if $(DESTDIR),--destdir "$(DESTDIR)")

# Manual pages are of the programs that ship.
deb rpm archive: PROFILE = dist

deb: build man manual sbom ## build the Debian packages, into target/packages/deb
	packaging/deb "$(DIST)" "$(PACKAGES)/deb"

rpm: build man manual sbom ## build the RPM package, into target/packages/rpm
	packaging/rpm/build "$(DIST)" "$(PACKAGES)/rpm"

archive: build man manual sbom ## build the archive for other systems, with its install script, into target/packages
	packaging/archive/build "$(DIST)" "$(PACKAGES)"

sbom: ## list the libraries in what ships (CycloneDX), into target/packages/sbom
	packaging/setup package
	PATH="$(TARGET)/tools/bin:$$PATH" packaging/sbom "$(PACKAGES)/sbom"

reproducible: ## build the packages twice, in two folders, and compare them byte by byte (ten minutes and more)
	packaging/setup test
	packaging/setup package
	tests/jobs/reproducible "$(TARGET)/reproducible"

container: deb ## build the container image of a simulated desk, with podman or docker
	packaging/container/build "$(PACKAGES)/deb"

npm: ## pack the client for web pages, into target/packages
	packaging/setup package
	mkdir -p "$(PACKAGES)"
	rm -f "$(PACKAGES)"/beidd-client-*.tgz
	cd packaging/js-client && npm pack --silent --pack-destination "$(PACKAGES)"

release: ## make everything that a release publishes, with checksums and notes, at its tag
	packaging/release "$(TARGET)"

api-docs: test-setup ## write docs/openapi.json, packaging/dbus/org.beidd1.xml and the client for web pages anew
	BEIDD_WRITE_DOCS=1 $(CARGO) test --locked --workspace --lib shipped_
	BEIDD_WRITE_DOCS=1 $(CARGO) test --locked --workspace --test integrators shipped_

counts: ## print figures about the sources: wording, names, sizes
	@tests/counts

clean: ## remove everything that was built
	$(CARGO) clean
