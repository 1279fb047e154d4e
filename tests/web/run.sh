#!/bin/sh
# run.sh [FILE ...] - tests the web page in a real browser, against a real server that the official client has filled.
#
# BAROGRAPH_BINARY  the server (build/barograph)
# WANDB_PYTHON      a python that has the official client
# CHROMIUM          the browser (Debian's)
# Files are those of tests/web to run; all if none is named.
set -eu
cd "$(dirname "$0")/../.."

if [ -z "${WANDB_PYTHON:-}" ]; then
    tests/official/setup.sh
    WANDB_PYTHON=build/venvs/wandb-0.31.0/bin/python
fi
[ $# -gt 0 ] || set -- tests/web/*.test.mjs
BAROGRAPH_WANDB_PYTHON=$WANDB_PYTHON
WANDB_DIR=$(mktemp -d)
export BAROGRAPH_WANDB_PYTHON WANDB_DIR
trap 'rm -rf "$WANDB_DIR"' EXIT
# shellcheck disable=SC2016
tests/web/with_server.sh sh -euc '
    WANDB_BASE_URL=$BAROGRAPH_BASE_URL WANDB_API_KEY=$BAROGRAPH_ADMIN_KEY "$BAROGRAPH_WANDB_PYTHON" tests/web/fill.py >/dev/null
    unset WANDB_DIR
    exec node --test "$@"' sh "$@"
