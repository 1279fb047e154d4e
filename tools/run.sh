#!/bin/sh
# Starts the server on ./data and says how to log to it. Usage: tools/run.sh BINARY
set -eu

binary=$1
data=${BAROGRAPH_DATA:-./data}
listen=${BAROGRAPH_LISTEN:-127.0.0.1:8080}

mkdir -p "$data"
"$binary" server --data "$data" --listen "$listen" &
server=$!
trap 'kill -TERM $server 2>/dev/null; wait $server' INT TERM

until curl -fs "http://$listen/readyz" >/dev/null 2>&1; do
    kill -0 $server 2>/dev/null || { wait $server; exit $?; }
    sleep 0.1
done
key=$(cat "$data/admin.key")
cat <<EOF

  Barograph is at   http://$listen
  Log in with       $key

  In the shell of your training script:

    export WANDB_BASE_URL=http://$listen
    export WANDB_API_KEY=$key
    python -c "import wandb; r = wandb.init(project='first'); [r.log({'loss': 1 / (i + 1)}) for i in range(100)]; r.finish()"

  Ctrl+C stops the server.

EOF
wait $server
