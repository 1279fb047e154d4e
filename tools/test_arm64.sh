#!/bin/sh
# test_arm64.sh - builds base/ and client/ for Linux on arm64 and runs their unit tests, in emulation elsewhere.
# Usage: test_arm64.sh FOLDER
#
# Debian's cross compiler builds, its qemu-user runs. Libraries of that architecture are unpacked below FOLDER; on the
# machine itself nothing is installed but the compiler and the emulator.
set -eu

folder=${1:?usage: test_arm64.sh FOLDER}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
tools='gcc-aarch64-linux-gnu g++-aarch64-linux-gnu qemu-user'
libraries='libssl3 libssl-dev zlib1g zlib1g-dev libdeflate0 libdeflate-dev libzstd1 libzstd-dev libsqlite3-0 libsqlite3-dev
 libsodium23 libsodium-dev libpq5 libpq-dev libcmocka0 libcmocka-dev'

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

for package in $tools; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' && continue
    as_root apt-get update -qq
    # shellcheck disable=SC2086
    as_root apt-get install -y -qq --no-install-recommends $tools
    break
done

if [ ! -e "$folder/.unpacked" ]; then
    if ! dpkg --print-foreign-architectures | grep -qx arm64; then
        as_root dpkg --add-architecture arm64
        as_root apt-get update -qq
    fi
    rm -rf "$folder/packages" "$folder/root"
    mkdir -p "$folder/packages" "$folder/root"
    # shellcheck disable=SC2086
    (cd "$folder/packages" && apt-get download -qq $(printf '%s:arm64 ' $libraries))
    for package in "$folder"/packages/*.deb; do
        dpkg-deb -x "$package" "$folder/root"
    done
    touch "$folder/.unpacked"
fi

root=$folder/root
triple=aarch64-linux-gnu
cat > "$folder/cross.ini" <<END
[binaries]
c = '$triple-gcc'
cpp = '$triple-g++'
ar = '$triple-ar'
strip = '$triple-strip'
pkgconfig = 'pkg-config'
exe_wrapper = ['qemu-aarch64', '-L', '/usr/$triple', '-E', 'LD_LIBRARY_PATH=$root/usr/lib/$triple:$root/lib/$triple']

[built-in options]
c_args = ['-I$root/usr/include', '-I$root/usr/include/$triple']
cpp_args = ['-I$root/usr/include', '-I$root/usr/include/$triple']
c_link_args = ['-L$root/usr/lib/$triple', '-Wl,-rpath-link,$root/usr/lib/$triple:$root/lib/$triple']
cpp_link_args = ['-L$root/usr/lib/$triple', '-Wl,-rpath-link,$root/usr/lib/$triple:$root/lib/$triple']

[properties]
sys_root = '$root'
pkg_config_libdir = '$root/usr/lib/$triple/pkgconfig:$root/usr/share/pkgconfig'

[host_machine]
system = 'linux'
cpu_family = 'aarch64'
cpu = 'aarch64'
endian = 'little'
END

[ -e "$folder/build/build.ninja" ] || meson setup "$folder/build" --cross-file "$folder/cross.ini" --buildtype=debugoptimized
ninja -C "$folder/build" build.ninja
tests=$(ninja -C "$folder/build" -t targets all | sed -n 's/^\(tests\/unit\/test_\(base\|client\)_[a-z0-9_]*\):.*/\1/p')
# The emulator has no robust mutexes and no /proc of its own processes, says a word when one aborts, and loses threads and
# descriptors of its own with those that a sender forks away from and closes.
left_out='base_log client_os client_sender client_shared_log client_system_metrics'
[ "$(uname -m)" = aarch64 ] && left_out=
chosen=
for test in $tests; do
    name=${test#tests/unit/test_}
    case " $left_out " in *" $name "*) ;; *) chosen="$chosen $name" ;; esac
done
# shellcheck disable=SC2086
ninja -C "$folder/build" client/barograph-sender tests/unit/client/libnvidia-ml.so.1 $tests
# shellcheck disable=SC2086
meson test --print-errorlogs --no-rebuild -C "$folder/build" $chosen
