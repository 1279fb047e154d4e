#!/bin/sh
# deb.sh - makes the Debian package of a program that is built. Usage: packaging/deb.sh PROGRAM OUT-FOLDER
set -eu
cd "$(dirname "$0")/.."
program=$1
out=$2
tree=$out/tree

version=$("$program" --version | sed 's/^[^0-9]*//')
rm -rf "$out"
mkdir -p "$tree/docs"
cp -r packaging/debian "$tree/debian"
cp packaging/systemd/barograph.service "$tree/debian/barograph.service"
cp packaging/systemd/barograph.sysusers "$tree/debian/barograph.sysusers"
cp packaging/systemd/barograph.env "$tree/"
cp docs/accounts.md docs/operations.md docs/moving.md docs/postgresql-and-s3.md "$tree/docs/"
cp "$program" "$tree/program"
python3 packaging/man.py "$program" "$version" >"$tree/barograph.1"
# The time of the last change, so that the same sources make the same package.
when=$(git log -1 --format=%cD 2>/dev/null || date -R)
cat >"$tree/debian/changelog" <<CHANGES
barograph ($version) unstable; urgency=medium

  * See the history of the sources.

 -- Barograph maintainers <maintainers@barograph.invalid>  $when
CHANGES
(cd "$tree" && DEB_BUILD_OPTIONS="noautodbgsym nocheck" SOURCE_DATE_EPOCH=$(date -d "$when" +%s) dpkg-buildpackage -b -us -uc -tc >../build.log 2>&1) || {
    cat "$out/build.log" >&2
    exit 1
}
rm -rf "$tree"
ls "$out"/*.deb
