# make build   leaves bin/hotsplice runnable from the checkout
# make demo    the example of the README on the host's compiler
# make test    types, style, all light tests and a sample of each real target
# make test-all  that, and the rest: more of the same kinds, and all there is of one
# make mutants   one small mistake at a time: do the light tests notice? Adds up over runs; COUNT=50, docs/mutants.md
# make fuzz    5,000 wrong inputs to every reader; SEED, COUNT, OFFSET, ONLY=reader:number
# make site   the docs as pages for a browser, in site/.vitepress/dist; a link that leads nowhere ends it
# make bench   prints speeds as ratios of a compile measured in the same run; never a test
SHELL := /bin/bash
installed := node_modules/.package-lock.json
compiled := dist/cli/main.cjs
sources := $(shell find src page -type f ! -name '*.test.ts')

.PHONY: build demo test test-rest test-all mutants check fuzz bench site tools xen-trees clean help
.DEFAULT_GOAL := build

build: $(compiled)

$(compiled): $(sources) tsconfig.json scripts/bundle.mjs scripts/page.mjs $(installed)
	npm run --silent build

demo: build tools
	examples/demo/run.sh

test: build tools check xen-trees
	@rm -f .vitest/report.json
	npm run --silent test

# Both, though the first may fail.
test-all:
	@$(MAKE) --no-print-directory test; status=$$?; $(MAKE) --no-print-directory test-rest && exit $$status

test-rest: build tools xen-trees
	@rm -f .vitest/rest.json
	npm run --silent test:rest

mutants: $(installed)
	npm run --silent mutants -- --count $(or $(COUNT),50)

check: $(installed)
	npm run --silent check
	npm run --silent lint
	npm run --silent unused

fuzz: $(installed)
	@npx tsx scripts/fuzz.ts --seed="$(SEED)" --count="$(COUNT)" --offset="$(OFFSET)" --only="$(ONLY)"

site: $(installed)
	npm run --silent site

bench: build tools
	npm run --silent bench

# Debian's packages, where we may install them; otherwise a word about each that is missing.
tools:
	@scripts/setup.sh

# Debian's Xen, built once for each configuration, outside of the checkout; tests that lack it say so.
xen-trees: tools
	-@scripts/xen.sh release > /dev/null
	-@scripts/xen.sh debug > /dev/null
	-@scripts/xen.sh arm64 > /dev/null

$(installed): package-lock.json .npmrc
	npm ci --no-fund --no-audit
	@touch $@

clean:
	rm -rf dist .vitest coverage

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile
