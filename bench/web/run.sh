#!/bin/sh
# run.sh - measures the web page in headless Chromium, against a server that it starts and fills.
#
# BAROGRAPH_BINARY  the server (build/barograph)
# CHROMIUM          the browser (Debian's)
# BENCH_SHARE       1 for the full amounts of data (the default), 0.1 for a quick look
set -eu
cd "$(dirname "$0")/../.."

binary=${BAROGRAPH_BINARY:-build/barograph}
[ -d web/node_modules/playwright-core ] || (cd web && npm ci --no-audit --no-fund --loglevel=error)
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
node bench/web/bench.mjs
