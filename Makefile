# nianbao: everything a person or a nightly job runs. `make` lists the targets.

CORPUS ?=
OUT ?= out
YEARS ?=
PLACES ?=
LOG ?= text
VERIFY ?= yes
SECONDS ?= 600
TARGETS ?=
# Reused when it is there; see "Builds" in docs/architecture.md.
SEEDS ?= ../shared/seeds

BINARY := target/release/nianbao
SCOPE := $(if $(YEARS),--years '$(YEARS)') $(if $(PLACES),--places '$(PLACES)')

ifeq ($(strip $(OUT)),)
$(error OUT is empty: name the folder of the dataset, or leave it out for ./out)
endif

.DEFAULT_GOAL := help
.PHONY: help dataset test counties townships years checks quality notebooks spark dist verify nightly faults lint score bench fuzz clean tools program

help: ## list the targets
	@echo "make TARGET [CORPUS=folder] [OUT=folder] [YEARS=2018..2020] [PLACES=永顺县,4331]"
	@echo "CORPUS may be several folders; in one with blanks in its name, quote it: CORPUS=\"'/my reports'\""
	@echo
	@sed -n 's/^\([a-z][a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "  %-10s %s\n", $$1, $$2 }'

dataset: program ## build the program and the dataset (CORPUS, OUT)
	$(BINARY) build $(CORPUS) --out '$(OUT)'

test: tools ## run every test: format, lints, tests, and the seeds' score where they are
	cargo fmt --check
	cargo clippy --release --all-targets -- -D warnings
	cargo test --release -- --show-output
	@if [ -f $(SEEDS)/score.py ] && command -v python3 >/dev/null; then \
		cargo build --release && score=$$(python3 $(SEEDS)/score.py $(BINARY)) || exit 1; echo "$$score"; \
		echo "$$score" | awk '/^identity/ { split($$2, fields, "/"); wrong = fields[1] != fields[2] } END { exit wrong }'; \
	else echo "no seeds in $(SEEDS), or no python3: their score was not taken"; fi
	@cargo build --release && tools/notebooks $(BINARY) --check || { [ $$? = 3 ] && echo "the notebooks were not run"; }
	@tools/spark $(BINARY) --check || { [ $$? = 3 ] && echo "SKIPPED: nothing was run on Spark"; }

counties: program ## make the rows of counties again from the current facts (YEARS, PLACES)
	$(BINARY) build --out '$(OUT)' --only counties $(SCOPE)

townships: program ## make the rows of townships again from the current facts (YEARS, PLACES)
	$(BINARY) build --out '$(OUT)' --only townships $(SCOPE)

years: program ## make the rows of years again from the current facts (YEARS)
	$(BINARY) build --out '$(OUT)' --only years $(SCOPE)

checks: program ## run the checks over two years again on the current facts (all years and places)
	$(BINARY) build --out '$(OUT)' --only checks $(SCOPE)

quality: program ## make the page of the dataset again from the current tables
	$(BINARY) build --out '$(OUT)' --only quality

notebooks: program ## run the notebooks on data/sample and write their outputs; needs Python 3.11
	tools/notebooks $(BINARY)

spark: program ## read data/sample on Apache Spark and compare with a build; needs Java 17 and Python 3.10
	tools/spark $(BINARY)

nightly: program ## the nightly job: build, verify, compare with yesterday; LOG=json, VERIFY=no (CORPUS, OUT)
	@LOG=$(LOG) VERIFY=$(VERIFY) tools/nightly $(BINARY) '$(OUT)' $(CORPUS)

verify: program ## read the raw files again and compare every table (CORPUS, OUT)
	$(BINARY) verify '$(OUT)' $(if $(CORPUS),--corpus $(CORPUS))

faults: tools ## kill, interrupt and starve builds, some minutes long: figures for docs/reliability.md
	cargo test --release --test suite -- --ignored --show-output faults

score: tools ## how much of what is stated is found, and is right: excerpts of reports, cases, the sample
	cargo test --release --test suite -- --show-output excerpts cases sample

bench: tools ## how long a report and each stage takes, and builds of 2,000 to 200,000 reports beside ripgrep, find and cat
	cargo bench --bench read
	cargo bench --bench stages
	@command -v rg >/dev/null || { echo "ripgrep is missing, beside which builds are measured; install it (Debian: apt-get install ripgrep), then try again" >&2; exit 2; }
	cargo bench --bench build

fuzz: tools ## feed each reader made-up files for SECONDS (600); what is found lies in fuzz/found
	fuzz/run $(SECONDS) $(TARGETS)

lint: tools ## format, lints and licences
	cargo fmt --check
	cargo clippy --release --all-targets -- -D warnings
	@if cargo deny --version >/dev/null 2>&1; then cargo deny check; else echo "cargo-deny is not installed: licences were not checked"; fi

dist: tools ## pack a release in target/dist: static program, documents, completions, licences, checksum; compiles all anew
	tools/dist

clean: ## remove the dataset in OUT and everything that was compiled
	cargo clean
	rm -rf '$(OUT)'

program: tools
	@[ -x $(BINARY) ] || echo "The first compilation takes 10 to 20 minutes on two cores: polars, the table engine, is large. Later ones take some minutes."
	cargo build --release

tools:
	@command -v cargo >/dev/null || { echo "cargo is missing: install Rust with rustup, then try again" >&2; exit 2; }
	@command -v cc >/dev/null || { echo "a C compiler is missing: polars compiles zstd and lz4 with it; install gcc or clang (Debian: apt-get install gcc), then try again" >&2; exit 2; }
