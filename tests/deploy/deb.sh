#!/bin/sh
# deb.sh - installs the Debian package into a Debian of its own, boots that (systemd-nspawn), and checks the service there: the
# real unit under the real systemd, with its system call filter. Needs root. Usage: tests/deploy/deb.sh PACKAGE WORK-FOLDER
set -eu
cd "$(dirname "$0")/../.."
package=$1
work=$2
guest=$work/guest
checks=$guest/srv
packages=systemd-sysv,dbus,curl,ca-certificates,libssl3,libsqlite3-0,libsodium23,libdeflate0,libzstd1,zlib1g,libstdc++6

mkdir -p "$work"
if [ ! -s "$work/guest.tar" ]; then
    mmdebstrap --variant=minbase --include=$packages bookworm "$work/guest.part.tar" >"$work/mmdebstrap.log" 2>&1 || { tail "$work/mmdebstrap.log" >&2; exit 1; }
    mv "$work/guest.part.tar" "$work/guest.tar"
fi
rm -rf "$guest"
mkdir "$guest"
tar -C "$guest" --exclude='./dev/*' -xf "$work/guest.tar"
cp "$package" "$checks/barograph.deb"
install -m 0755 tests/deploy/guest_check.sh "$checks/"
cat >"$guest/etc/systemd/system/check.service" <<'UNIT'
[Unit]
After=barograph.service
[Service]
Type=oneshot
ExecStart=/srv/guest_check.sh
[Install]
WantedBy=multi-user.target
UNIT
chroot "$guest" dpkg -i /srv/barograph.deb >"$work/install.log" 2>&1 || { cat "$work/install.log" >&2; exit 1; }
chroot "$guest" systemctl enable check.service >/dev/null 2>&1

timeout 180 systemd-nspawn -q -D "$guest" --register=no --keep-unit --private-network --boot </dev/null >"$work/boot.log" 2>&1 || true
cat "$checks/report"
tail -1 "$checks/security"
if grep -q '^WRONG' "$checks/report" || [ "$(tail -1 "$checks/report")" != done ]; then
    tail -30 "$checks/journal" "$checks/report.log" "$work/boot.log" >&2 || true
    exit 1
fi
echo "$(grep -c '^ok' "$checks/report") passed"
