#!/bin/sh
# pictures.sh [NAME ...] - takes the pictures of docs/images anew: of a server that the official client has filled, in headless Chromium.
#
# BAROGRAPH_BINARY  the server (build/barograph)
# WANDB_PYTHON      a python that has the official client and numpy
# CHROMIUM          the browser (Debian's)
# Names are those of the pictures, such as "workspace"; all if none is named.
set -eu
cd "$(dirname "$0")/../.."

if [ -z "${WANDB_PYTHON:-}" ]; then
    tests/official/setup.sh
    WANDB_PYTHON=build/venvs/wandb-0.31.0/bin/python
fi
WANDB_DIR=$(mktemp -d)
export WANDB_PYTHON WANDB_DIR
trap 'rm -rf "$WANDB_DIR"' EXIT
# shellcheck disable=SC2016
tests/web/with_server.sh sh -euc '
    WANDB_BASE_URL=$BAROGRAPH_BASE_URL WANDB_API_KEY=$BAROGRAPH_ADMIN_KEY "$WANDB_PYTHON" bench/web/pictures.py >/dev/null
    exec node bench/web/pictures.mjs "$@"' sh "$@"
