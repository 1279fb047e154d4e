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
printf '\n== artifacts\n'
if [ -x build/venvs/wandb-0.31.0/bin/python ] && [ -x build/venv/bin/python ]; then
    build/venv/bin/python bench/bench_artifacts.py "$folder/cli/barograph" build/venvs/wandb-0.31.0/bin/python
else
    echo 'left out: tests/official/setup.sh installs the official client'
fi
