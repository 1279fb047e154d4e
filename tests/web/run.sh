#!/bin/sh
# run.sh - tests the web page in a real browser, against a real server that the official client has filled.
#
# BAROGRAPH_BINARY  the server (build/barograph)
# WANDB_PYTHON      a python that has the official client
# CHROMIUM          the browser (Debian's)
set -eu
cd "$(dirname "$0")/../.."

binary=${BAROGRAPH_BINARY:-build/barograph}
if [ -z "${WANDB_PYTHON:-}" ]; then
    tests/official/setup.sh
    WANDB_PYTHON=build/venvs/wandb-0.31.0/bin/python
fi
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

BAROGRAPH_WANDB_PYTHON=$WANDB_PYTHON
export BAROGRAPH_ADMIN_KEY BAROGRAPH_BASE_URL BAROGRAPH_WANDB_PYTHON
WANDB_BASE_URL=$BAROGRAPH_BASE_URL WANDB_API_KEY=$BAROGRAPH_ADMIN_KEY WANDB_DIR=$work "$WANDB_PYTHON" tests/web/fill.py >/dev/null
node --test tests/web/*.test.mjs
