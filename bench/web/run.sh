#!/bin/sh
# run.sh - measures the web page in headless Chromium, against a server that it starts and fills.
#
# BAROGRAPH_BINARY  the server (build/barograph)
# CHROMIUM          the browser (Debian's)
# BENCH_SHARE       1 for the full amounts of data (the default), 0.1 for a quick look
set -eu
cd "$(dirname "$0")/../.."
exec tests/web/with_server.sh node bench/web/bench.mjs
