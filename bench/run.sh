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
