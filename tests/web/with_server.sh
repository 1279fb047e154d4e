#!/bin/sh
# with_server.sh COMMAND ... - runs a command beside a server of its own, which knows one administrator and holds nothing.
#
# BAROGRAPH_BINARY  the server (build/barograph)
# The command finds BAROGRAPH_BASE_URL and BAROGRAPH_ADMIN_KEY.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)

binary=${BAROGRAPH_BINARY:-$root/build/barograph}
[ -d "$root/web/node_modules/playwright-core" ] || (cd "$root/web" && npm ci --no-audit --no-fund --loglevel=error)
work=$(mktemp -d)
: >"$work/server.log"
server=
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT INT TERM

BAROGRAPH_ADMIN_KEY=$(od -An -N20 -tx1 /dev/urandom | tr -d ' \n')
"$binary" server --data "$work/data" --listen 127.0.0.1:0 --admin-key "$BAROGRAPH_ADMIN_KEY" >"$work/server.log" 2>&1 &
server=$!
tries=0
until grep -q '^listening on ' "$work/server.log"; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { cat "$work/server.log" >&2; exit 1; }
    sleep 0.1
done
BAROGRAPH_BASE_URL=$(sed -n 's/^listening on //p' "$work/server.log")
export BAROGRAPH_ADMIN_KEY BAROGRAPH_BASE_URL
"$@"
