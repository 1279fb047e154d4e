#!/bin/sh
# Installs the Debian packages that are missing, and says which and why. Usage: tools/setup.sh build|test
set -eu

purpose=${1:?usage: tools/setup.sh build|test}

build_packages='gcc:the_compiler g++:one_C++_file_for_exact_numbers make:the_front_door meson:the_build ninja-build:the_build
 pkg-config:finds_the_libraries python3:build_scripts python3-venv:test_environments libssl-dev:TLS_and_digests
 zlib1g-dev:gzip_streams libdeflate-dev:gzip_bodies libzstd-dev:Parquet_compression libsqlite3-dev:the_embedded_store
 libsodium-dev:password_hashes libcmocka-dev:unit_tests nodejs:builds_the_web_page npm:builds_the_web_page'
test_packages='clang:fuzz_targets chromium:tests_of_the_web_page curl:tests git:tests_of_what_clients_gather'

case $purpose in
build) wanted=$build_packages ;;
test) wanted="$build_packages $test_packages" ;;
*) echo "usage: tools/setup.sh build|test" >&2; exit 2 ;;
esac

# A compiler or nodejs that came from elsewhere is as good as Debian's.
is_there() {
    case $1 in
    nodejs) command -v node >/dev/null 2>&1 && return 0 ;;
    npm | gcc | g++ | make | meson | python3 | curl | git | clang | chromium) command -v "$1" >/dev/null 2>&1 && return 0 ;;
    ninja-build) command -v ninja >/dev/null 2>&1 && return 0 ;;
    esac
    dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'
}

missing=
for entry in $wanted; do
    package=${entry%%:*}
    reason=$(echo "${entry#*:}" | tr _ ' ')
    if ! command -v dpkg-query >/dev/null 2>&1; then
        echo "This is not Debian or Ubuntu: please install what $package gives ($reason) yourself." >&2
    elif ! is_there "$package"; then
        echo "$package is missing ($reason)" >&2
        missing="$missing $package"
    fi
done
[ -n "$missing" ] || exit 0
command -v apt-get >/dev/null 2>&1 || exit 1

as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || { echo "Please install as root:$missing" >&2; exit 1; }
    as_root=sudo
fi
echo "Installing:$missing" >&2
$as_root apt-get update -qq
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
