# The front door. meson.build describes the build; this file installs what is missing and names the usual ways in.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:

BUILD ?= build/release
PYTHON ?= python3
NINJA = ninja -C
MESON_TEST = meson test --print-errorlogs --no-rebuild -C
# The program that test-api, test-faults, test-web and test-official run.
export BAROGRAPH_BINARY ?= $(CURDIR)/build/barograph

.PHONY: all build wheel run test check check-macos test-arm64 bench fuzz clean
.PHONY: deb test-deb test-deploy test-fronts test-faults-long test-other-stores test-twice test-keras
.PHONY: test-pythons asan tsan test-unit test-page test-api test-stores test-faults test-python test-web test-official

all: build

# ---- set-up ----

build/.setup: tools/setup.sh
	tools/setup.sh build
	@mkdir -p build && touch $@

build/.setup-test: tools/setup.sh
	tools/setup.sh test
	@mkdir -p build && touch $@

web/node_modules/.installed: web/package.json web/package-lock.json | build/.setup
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

build/venv/.installed: tests/requirements.txt | build/.setup-test
	rm -rf build/venv
	$(PYTHON) -m venv build/venv
	build/venv/bin/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@

# ---- the program ----

PAGE_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print)

web/dist/.built: $(PAGE_SOURCES) web/node_modules/.installed
	cd web && npm run build --silent
	@touch $@

# Once configured, ninja notices itself what changed in the description.
$(BUILD)/build.ninja: | build/.setup
	meson setup $(BUILD) --buildtype=release

# The program, and beside the package's sources the extension and the sender: PYTHONPATH=python is then a working package.
build: $(BUILD)/build.ninja web/dist/.built
	$(NINJA) $(BUILD) cli/barograph client/barograph-sender $(EXTENSION)
	@ln -sfr $(BUILD)/cli/barograph build/barograph
	@cp -f $(BUILD)/client/barograph-sender $(if $(EXTENSION),$(BUILD)/$(EXTENSION)) python/barograph/

# A machine without Python's headers builds everything else.
EXTENSION = $(if $(wildcard $(shell $(PYTHON) -c 'import sysconfig; print(sysconfig.get_paths()["include"])')/Python.h),python/_core.abi3.so)

# One file that is a complete installation: the package, its sender, the program with the page inside, and the libraries
# that these need; only the C library and its kin are the system's.
wheel: build/venv/.installed web/dist/.built
	rm -rf build/wheel build/wheel-bare
	find python -name __pycache__ -prune -exec rm -rf {} +
	build/venv/bin/pip wheel --quiet --disable-pip-version-check --no-deps -Cbuild-dir=build/wheel-objects -w build/wheel-bare .
	build/venv/bin/wheel tags --python-tag cp39 --remove build/wheel-bare/*.whl
	PATH="$(CURDIR)/build/venv/bin:$$PATH" build/venv/bin/auditwheel repair -w build/wheel build/wheel-bare/*.whl

# Every Python from 3.9 on that is found here installs the wheel; BAROGRAPH_PYTHONS names more of them.
test-pythons: wheel
	BAROGRAPH_WHEEL="$$(echo build/wheel/*.whl)" build/venv/bin/pytest -q tests/python/test_pythons.py

build/.setup-deploy: tools/setup.sh
	tools/setup.sh deploy
	@mkdir -p build && touch $@

deb: build build/.setup-deploy
	packaging/deb.sh build/barograph build/deb

run: build
	@$(PYTHON) tools/run.py build/barograph

# ---- tests, those first that take least time ----

TEST_STEPS = check check-macos test-unit test-page test-api test-stores test-faults test-deploy $(if $(wildcard tests/python/test_*.py),test-python) test-web asan tsan test-official

# Each step builds what it needs; tools/test.py counts, and its last line is the sum.
test: build/.setup-test
	@+MAKE="$(MAKE)" $(PYTHON) tools/test.py $(TEST_STEPS)

check: build/.setup
	$(PYTHON) tools/check_layers.py
	$(PYTHON) tools/check_sizes.py
	@echo "2 checks passed"

# The client's half of the tree compiles for macOS; nothing runs.
check-macos: build/.setup-test
	tools/check_macos.sh build/macos
	@echo "1 check passed"

test-unit: build
	$(NINJA) $(BUILD)
	$(MESON_TEST) $(BUILD)

build/asan/build.ninja: | build/.setup-test
	meson setup build/asan --buildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false

asan: build/asan/build.ninja
	$(NINJA) build/asan
	UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 $(MESON_TEST) build/asan

build/tsan/build.ninja: | build/.setup-test
	meson setup build/tsan --buildtype=debugoptimized -Db_sanitize=thread -Db_lundef=false

tsan: build/tsan/build.ninja
	$(NINJA) build/tsan
	$(MESON_TEST) build/tsan --suite unit

test-page: web/node_modules/.installed
	cd web && npm test --silent

test-api: build build/venv/.installed
	$(NINJA) $(BUILD) tests/unit/server/graphql/gql_probe
	BAROGRAPH_GQL_PROBE=$(BUILD)/tests/unit/server/graphql/gql_probe build/venv/bin/pytest -q tests/api

# What asks the stores, over the others: PostgreSQL and a bucket. test-other-stores runs all of tests/api and tests/official there.
OTHER_TESTS ?= $(addprefix tests/api/test_,runs.py files.py file_stream.py filters.py history_files.py accounts.py chart.py)
OTHER_STORES = build/venv/bin/python -m tests.support.postgres build/venv/bin/python -m tests.support.seaweed
test-stores: build build/venv/.installed
	$(NINJA) $(BUILD)
	$(OTHER_STORES) $(MESON_TEST) $(BUILD) --suite store --suite history --suite blobs
	$(OTHER_STORES) build/venv/bin/pytest -q $(OTHER_TESTS)

test-other-stores: build build/venv/.installed
	tests/official/setup.sh
	$(OTHER_STORES) build/venv/bin/pytest -q tests/api --ignore tests/api/test_graphql_oracle.py
	$(OTHER_STORES) build/venv/bin/pytest -q tests/official
	BAROGRAPH_TEST_DIRECT=on $(OTHER_STORES) build/venv/bin/pytest -q tests/official/test_artifacts.py -k "not cut_in_the_middle"

test-faults: build build/venv/.installed
	build/venv/bin/pytest -q tests/faults

# The API's tests on a store that runs each writing work, undoes it, and runs it again, as PostgreSQL does with two that are in
# each other's way.
build/twice/build.ninja: | build/.setup-test
	meson setup build/twice --buildtype=debugoptimized -Dwork_runs=2

test-twice: build/twice/build.ninja web/dist/.built build/venv/.installed
	$(NINJA) build/twice cli/barograph
	BAROGRAPH_BINARY=build/twice/cli/barograph build/venv/bin/pytest -q tests/api --ignore tests/api/test_graphql_oracle.py

# The tests of faults with faults that last a minute, and loops of them as long.
FAULT_SECONDS ?= 60
test-faults-long: build build/venv/.installed
	BAROGRAPH_FAULT_SECONDS=$(FAULT_SECONDS) build/venv/bin/pytest -q tests/faults

# What stands around the server: proxies, alerts, manifests, the unit. What is not installed is skipped; tools/setup.sh deploy.
test-deploy: build build/venv/.installed
	build/venv/bin/pytest -q tests/deploy

# The wire and the files are held against the official client's own programs.
test-python: build build/venv/.installed
	tests/official/setup.sh
	$(NINJA) $(BUILD)
	build/venv/bin/mypy
	MYPYPATH=python build/venv/bin/mypy --strict tests/python/typed_script.py
	build/venv/bin/pytest -q tests/python

# The callbacks for Keras. TensorFlow is 1.7 GB: `make test` has these tests only where this has made its environment.
test-keras: build build/venv/.installed
	tests/official/setup.sh keras
	build/venv/bin/pytest -q tests/python/test_keras.py

test-web: build build/.setup-test web/node_modules/.installed
	tests/web/run.sh

test-official: build build/venv/.installed
	tests/official/setup.sh
	build/venv/bin/pytest -q tests/official

# The package, in a Debian of its own that is booted (as root).
test-deb: deb
	lintian --fail-on error,warning build/deb/*.deb
	tests/deploy/deb.sh build/deb/*.deb build/deb-test

# Tests of the API that bodies, ranges and addresses depend on, with the proxies of packaging/proxies before each server. One of
# them speaks without TLS.
FRONT_TESTS = $(addprefix tests/api/test_,files.py file_stream.py history_files.py accounts.py artifact_parts.py)
test-fronts: build build/venv/.installed build/.setup-deploy
	for proxy in nginx haproxy; do build/venv/bin/python -m tests.support.front $$proxy build/venv/bin/pytest -q $(FRONT_TESTS) \
	    --deselect tests/api/test_file_stream.py::test_content_length_of_a_gigabyte__is_refused_before_it_is_read; done

# ---- what takes long ----

# base and client for Linux on arm64: built across, their unit tests run in an emulator.
test-arm64: build/.setup-test
	tools/test_arm64.sh build/arm64

# 30 seconds a target; FUZZ_SECONDS=3600 for a long night.
FUZZ_SECONDS ?= 30
build/.setup-fuzz: tools/setup.sh
	tools/setup.sh fuzz
	@mkdir -p build && touch $@

build/fuzz/build.ninja: | build/.setup-fuzz
	CC=clang CXX=clang++ meson setup build/fuzz --buildtype=debugoptimized -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false

fuzz: build/fuzz/build.ninja
	$(NINJA) build/fuzz
	tools/fuzz.sh build/fuzz $(FUZZ_SECONDS)

bench: build
	$(NINJA) $(BUILD) benches
	bench/run.sh $(BUILD)

clean:
	rm -rf build web/dist web/node_modules
