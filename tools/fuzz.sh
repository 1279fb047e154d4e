#!/bin/sh
# Runs each fuzz target of a build folder for some seconds, beginning with its corpus. Usage: tools/fuzz.sh FOLDER SECONDS
set -eu

folder=$1
seconds=$2
for target in "$folder"/tests/fuzz/fuzz_*; do
    [ -x "$target" ] && [ -f "$target" ] || continue
    name=${target##*/fuzz_}
    mkdir -p "$folder/found/$name"
    echo "fuzz $name for $seconds s"
    "$target" -max_total_time="$seconds" -rss_limit_mb=1024 -malloc_limit_mb=256 -timeout=10 -print_final_stats=0 \
        -verbosity=0 -artifact_prefix="$folder/found/$name-" "$folder/found/$name" "tests/fuzz/corpus/$name"
done
