#!/bin/sh
# check_macos.sh - compiles base/ and client/ for macOS, without linking. Usage: check_macos.sh FOLDER
#
# The PyPI package ziglang brings a compiler with that system's headers; it is installed into FOLDER. Headers of the
# libraries are this machine's own, which say the same on every system.
set -eu

folder=${1:?usage: check_macos.sh FOLDER}
target=${MACOS_TARGET:-aarch64-macos}
zig="$folder/venv/bin/python -m ziglang"
if [ ! -x "$folder/venv/bin/python" ] || ! $zig version >/dev/null 2>&1; then
    mkdir -p "$folder"
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet --disable-pip-version-check ziglang==0.13.0
fi

rm -rf "$folder/include"
mkdir -p "$folder/include/openssl"
for header in /usr/include/openssl/*.h "/usr/include/$(cc -dumpmachine)"/openssl/*.h; do
    [ -e "$header" ] && ln -sf "$header" "$folder/include/openssl/"
done
for header in zlib.h zconf.h libdeflate.h; do
    ln -sf "/usr/include/$header" "$folder/include/"
done

flags="-target $target -Wall -Wextra -Werror -Wno-builtin-macro-redefined -D_FORTIFY_SOURCE=0 -I. -isystem $folder/include"
count=0
for source in base/*.c base/*.cc client/*.c client/*/*.c; do
    case $source in
    *_linux.c) continue ;;
    *.cc) $zig c++ $flags -std=c++17 -fno-exceptions -fno-rtti -c -o "$folder/object.o" "$source" ;;
    *) $zig cc $flags -std=c17 -D_GNU_SOURCE -D_DARWIN_C_SOURCE '-DBAROGRAPH_VERSION="0"' -c -o "$folder/object.o" "$source" ;;
    esac
    count=$((count + 1))
done
echo "$count files compiled for $target"
