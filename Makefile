# make build   leaves bin/hotsplice runnable from the checkout
# make demo    the example of the README on the host's compiler
# make test    everything that is checked: types, style, all tests
# make fuzz    5,000 wrong inputs to every reader; SEED, COUNT, OFFSET, ONLY=reader:number
# make bench   prints speeds as ratios of a compile measured in the same run; never a test
SHELL := /bin/bash
installed := node_modules/.package-lock.json
compiled := dist/cli/main.js
sources := $(shell find src -name '*.ts' ! -name '*.test.ts')

.PHONY: build demo test check fuzz bench tools xen-trees clean help
.DEFAULT_GOAL := build

build: $(compiled)

$(compiled): $(sources) tsconfig.json tsconfig.build.json scripts/bundle.mjs $(installed)
	npm run --silent build

demo: build tools
	examples/demo/run.sh

test: build tools check xen-trees
	@rm -f .vitest/report.json
	npm run --silent test

check: $(installed)
	npm run --silent check
	npm run --silent lint

fuzz: $(installed)
	@npx tsx scripts/fuzz.ts --seed="$(SEED)" --count="$(COUNT)" --offset="$(OFFSET)" --only="$(ONLY)"

bench: build tools
	npm run --silent bench

# Debian's packages, where we may install them; otherwise a word about each that is missing.
tools:
	@scripts/setup.sh

# Debian's Xen, built once for each configuration, outside of the checkout; tests that lack it say so.
xen-trees: tools
	-@scripts/xen.sh release > /dev/null
	-@scripts/xen.sh debug > /dev/null

$(installed): package-lock.json .npmrc
	npm ci --no-fund --no-audit
	@touch $@

clean:
	rm -rf dist .vitest coverage

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile
