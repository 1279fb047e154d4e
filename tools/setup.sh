#!/bin/sh
# Installs the Debian packages that are missing, and says which and why. Usage: tools/setup.sh build|test|fuzz|deploy
set -eu

build_packages='gcc:the_compiler g++:one_C++_file_for_exact_numbers make:the_front_door meson:the_build ninja-build:the_build
 pkg-config:finds_the_libraries python3:build_scripts python3-dev:the_Python_package libc6-dev:the_C_library libssl-dev:TLS_and_digests
 zlib1g-dev:gzip_streams libdeflate-dev:gzip_bodies libzstd-dev:Parquet_compression libsqlite3-dev:the_embedded_store
 libsodium-dev:password_hashes libpq-dev:the_other_store libcmocka-dev:unit_tests nodejs:builds_the_web_page npm:builds_the_web_page'
test_packages='python3-venv:environments_of_the_official_client chromium:tests_of_the_web_page
 git:tests_of_what_clients_gather postgresql:tests_of_the_other_store python3-torch:tests_of_watch
 haproxy:tests_of_several_servers'
fuzz_packages='clang:fuzz_targets'
deploy_packages='debhelper:the_Debian_package dpkg-dev:the_Debian_package lintian:checks_the_package systemd:checks_the_unit
 mmdebstrap:a_Debian_to_install_it_in systemd-container:boots_that haproxy:a_proxy_before_it nginx-light:another_proxy
 prometheus:checks_the_rules_of_alerts'
oldest_node=18

case ${1:-} in
build) wanted=$build_packages ;;
test) wanted="$build_packages $test_packages" ;;
fuzz) wanted="$build_packages $fuzz_packages" ;;
deploy) wanted="$build_packages $test_packages $deploy_packages" ;;
*) echo "usage: tools/setup.sh build|test|fuzz|deploy" >&2; exit 2 ;;
esac

# A compiler or a browser that came from elsewhere is as good as Debian's.
is_there() {
    case $1 in
    nodejs) command -v node >/dev/null 2>&1 && return 0 ;;
    npm | gcc | g++ | make | meson | python3 | git | clang | chromium) command -v "$1" >/dev/null 2>&1 && return 0 ;;
    ninja-build) command -v ninja >/dev/null 2>&1 && return 0 ;;
    *) command -v dpkg-query >/dev/null 2>&1 || return 0 ;; # not Debian: meson will tell about libraries
    esac
    dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

missing=
for entry in $wanted; do
    package=${entry%%:*}
    is_there "$package" && continue
    echo "$package is missing ($(echo "${entry#*:}" | tr _ ' '))" >&2
    missing="$missing $package"
done

if [ -n "$missing" ]; then
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "This is not Debian or Ubuntu: please install what these packages give there:$missing" >&2
        exit 1
    fi
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null 2>&1; then
        echo "There is no sudo here. Please run as root: apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
    echo "Installing:$missing" >&2
    as_root apt-get update -qq
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

node_version=$(node --version)
node_major=${node_version#v}
if [ "${node_major%%.*}" -lt $oldest_node ]; then
    echo "node is $node_version, but the web page needs $oldest_node or newer to be built" >&2
    exit 1
fi
