#!/bin/sh
# run.sh - all figures, one program after the other. Usage: run.sh BUILD_FOLDER
set -eu

folder=${1:?usage: run.sh BUILD_FOLDER}
for program in graphql json http history sweep; do
    printf '\n== %s\n' "$program"
    "$folder/bench/bench_$program"
done
for program in ingest live_runs memory read runs_table; do
    printf '\n== %s\n' "$program"
    "$folder/bench/bench_$program" "$folder/cli/barograph"
done
printf '\n== client\n'
place=$(mktemp -d)
"$folder/bench/bench_client" "$place" "$PWD/$folder/client/barograph-sender"
"$folder/cli/barograph" server --data "$place/data" --listen 127.0.0.1:0 > "$place/said" 2> "$place/log" &
server=$!
trap 'kill $server; rm -rf "$place"' EXIT
until grep -q listening "$place/said"; do sleep 0.1; done
official=build/venvs/wandb-0.31.0/bin/python
PYTHONPATH=$PWD/python BAROGRAPH_BASE_URL=$(sed -n 's/^listening on //p' "$place/said") BAROGRAPH_API_KEY=$(cat "$place/data/admin.key") \
    python3 bench/bench_client.py $([ -x "$official" ] && echo "$official")
printf '\n== artifacts\n'
if [ -x build/venvs/wandb-0.31.0/bin/python ] && [ -x build/venv/bin/python ]; then
    build/venv/bin/python bench/bench_artifacts.py "$folder/cli/barograph" build/venvs/wandb-0.31.0/bin/python
    build/venv/bin/python bench/bench_small_files.py "$folder/cli/barograph" "$folder/bench/bench_upload_null" build/venvs/wandb-0.31.0/bin/python
else
    echo 'left out: tests/official/setup.sh installs the official client'
fi
