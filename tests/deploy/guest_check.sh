#!/bin/sh
# guest_check.sh - runs inside a booted Debian in which the package is installed, and says what the service can and may do.
# Each line of /srv/report is "ok WHAT" or "WRONG WHAT"; the last is "done".
exec >/srv/report.log 2>&1
set -u
base=http://127.0.0.1:8080

check() { # WHAT COMMAND...
    what=$1
    shift
    if "$@" >/srv/last 2>&1; then
        echo "ok $what" >>/srv/report
    else
        { echo "WRONG $what"; sed 's/^/    /' /srv/last | tail -20; } >>/srv/report
    fi
}
pid() { systemctl show -P MainPID barograph; }
status_says() { grep -qE "^$1:[[:space:]]+$2" "/proc/$(pid)/status"; }
ask() { curl -sSf -u "api:$(cat /var/lib/barograph/admin.key)" -H 'Content-Type: application/json' "$@"; }
logs_a_run() {
    ask "$base/graphql" -d '{"query": "mutation { upsertBucket(input: {entityName: \"admin\", modelName: \"p\", name: \"'"$1"'\"}) { bucket { id } } }"}' | grep -q bucket || return 1
    # Enough rows to be sealed: Parquet is written under the filter too.
    awk 'BEGIN { printf "{\"files\": {\"wandb-history.jsonl\": {\"offset\": 0, \"content\": [";
        for (i = 0; i < 70000; i++) printf "%s\"{\\\"_step\\\": %d, \\\"loss\\\": %f}\"", i ? "," : "", i, 1 / (i + 1);
        printf "]}}, \"complete\": true, \"exitcode\": 0}" }' >/srv/rows.json
    ask "$base/files/admin/p/$1/file_stream" -d @/srv/rows.json >/dev/null || return 1
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        ls /var/lib/barograph/history/*/*.parquet >/dev/null 2>&1 && break
        sleep 1
    done
    ls /var/lib/barograph/history/*/*.parquet && has_run "$1"
}
has_run() { ask "$base/graphql" -d '{"query": "{ project(name: \"p\", entityName: \"admin\") { run(name: \"'"$1"'\") { historyLineCount state } } }"}' | grep -q '"historyLineCount":70000'; }
backs_up() { BAROGRAPH_API_KEY=$(cat /var/lib/barograph/admin.key) barograph backup /srv/backup.tar; }
comes_back() {
    for _ in $(seq 30); do
        sleep 1
        curl -sf "$base/readyz" && [ "$(pid)" != "$1" ] && return 0
    done
    return 1
}
survives_a_kill() { before=$(pid); kill -9 "$before"; comes_back "$before" && has_run r1; }
is_upgraded() { before=$(pid); dpkg -i /srv/barograph.deb && comes_back "$before" && has_run r1; }
ends_well() { systemctl stop barograph && [ "$(systemctl show -P Result barograph)" = success ] && [ "$(systemctl show -P ExecMainStatus barograph)" = 0 ]; }
verifies() { runuser -u barograph -- barograph verify --data /var/lib/barograph; }
# As docs/operations.md says it, when the machine is gone.
is_restored() {
    mv /var/lib/barograph /var/lib/barograph.before && barograph restore /srv/backup.tar --data /var/lib/barograph &&
        chown -R barograph: /var/lib/barograph && verifies && systemctl start barograph && curl -sSf "$base/readyz" && has_run r1
}
keeps_settings() { grep -q mine /etc/barograph/barograph.env; }
is_purged() { dpkg --purge barograph && [ ! -e /usr/bin/barograph ] && [ ! -e /etc/barograph/barograph.env ] && [ -e /var/lib/barograph/barograph.db ]; }

check "the service runs when it says so" systemctl is-active barograph
check "it is a user of its own" status_says Uid "$(id -u barograph)[[:space:]]"
check "it can get no privileges" status_says NoNewPrivs 1
check "it has no capabilities" status_says CapEff 0000000000000000
check "its system calls are filtered" status_says Seccomp 2
check "it answers" curl -sSf "$base/readyz"
check "its data are its own" test "$(stat -c %a:%U /var/lib/barograph)" = 700:barograph
check "its settings are not everybody's" test "$(stat -c %a:%G /etc/barograph/barograph.env)" = 640:barograph
check "70,000 rows are logged and sealed" logs_a_run r1
check "a backup is made while it runs" backs_up
systemd-analyze security barograph >/srv/security 2>&1
check "it is started again when it is killed" survives_a_kill
echo "# mine" >>/etc/barograph/barograph.env
check "the package installed again keeps data" is_upgraded
check "and settings" keeps_settings
check "it ends well" ends_well
check "what it stored is right" verifies
check "a backup takes the place of what is gone" is_restored
check "purging leaves the data" is_purged
journalctl -u barograph --no-pager >/srv/journal 2>&1
echo done >>/srv/report
systemctl poweroff
