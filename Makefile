# The front door. meson.build describes the build; this file installs what is missing and names the usual ways in.

BUILD ?= build/release
PYTHON ?= python3
NINJA = ninja $(NINJAFLAGS) -C

.PHONY: all build run test check asan tsan fuzz bench clean test-unit test-api test-official test-web

all: build

# ---- set-up ----

build/.setup: tools/setup.sh
	tools/setup.sh build
	mkdir -p build && touch $@

build/.setup-test: tools/setup.sh
	tools/setup.sh test
	mkdir -p build && touch $@

# ---- the program ----

web/dist/.built: web/package.json web/package-lock.json web/index.html $(shell find web/src -type f 2>/dev/null) | build/.setup
	cd web && npm ci --no-audit --no-fund --loglevel=error && npm run build --silent
	touch $@

$(BUILD)/build.ninja: meson.build meson_options.txt | build/.setup
	meson setup $(BUILD) --buildtype=release

build: $(BUILD)/build.ninja web/dist/.built
	$(NINJA) $(BUILD) cli/barograph
	ln -sf $(notdir $(BUILD))/cli/barograph build/barograph

run: build
	tools/run.sh build/barograph

# ---- tests ----

test: check asan tsan test-unit test-api test-web test-official
	@echo "all tests passed"

check: build/.setup
	$(PYTHON) tools/check_layers.py
	$(PYTHON) tools/check_sizes.py

test-unit: build build/.setup-test
	$(NINJA) $(BUILD)
	meson test -C $(BUILD) --print-errorlogs --no-rebuild

build/asan/build.ninja: meson.build meson_options.txt | build/.setup-test
	meson setup build/asan --buildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false

asan: build/asan/build.ninja web/dist/.built
	$(NINJA) build/asan
	UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 meson test -C build/asan --print-errorlogs --no-rebuild

build/tsan/build.ninja: meson.build meson_options.txt | build/.setup-test
	meson setup build/tsan --buildtype=debugoptimized -Db_sanitize=thread -Db_lundef=false

tsan: build/tsan/build.ninja web/dist/.built
	$(NINJA) build/tsan
	meson test -C build/tsan --print-errorlogs --no-rebuild --suite unit

build/venv/.installed: tests/requirements.txt | build/.setup-test
	$(PYTHON) -m venv build/venv
	build/venv/bin/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	touch $@

test-api: build build/venv/.installed
	$(NINJA) $(BUILD) tests/unit/server/graphql/gql_probe
	BAROGRAPH_BINARY=build/barograph BAROGRAPH_GQL_PROBE=$(BUILD)/tests/unit/server/graphql/gql_probe \
		build/venv/bin/pytest -q tests/api tests/faults

test-official: build build/venv/.installed
	tests/official/setup.sh
	BAROGRAPH_BINARY=build/barograph build/venv/bin/pytest -q tests/official

test-web: build build/venv/.installed
	cd web && npm test --silent
	BAROGRAPH_BINARY=build/barograph tests/web/run.sh

# ---- what takes long ----

# 30 seconds a target; FUZZ_SECONDS=3600 for a long night.
FUZZ_SECONDS ?= 30
build/fuzz/build.ninja: meson.build meson_options.txt | build/.setup-test
	CC=clang CXX=clang++ meson setup build/fuzz --buildtype=debugoptimized -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false

fuzz: build/fuzz/build.ninja web/dist/.built
	$(NINJA) build/fuzz
	tools/fuzz.sh build/fuzz $(FUZZ_SECONDS)

bench: build build/venv/.installed
	$(NINJA) $(BUILD) benches
	bench/run.sh $(BUILD)

clean:
	rm -rf build web/dist web/node_modules
