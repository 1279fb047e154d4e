#!/bin/sh
# deb.sh - installs the Debian package into a Debian of its own, boots that (systemd-nspawn), and checks the service there: the
# real unit under the real systemd, with its system call filter. Needs root. Usage: tests/deploy/deb.sh PACKAGE WORK-FOLDER
set -eu
cd "$(dirname "$0")/../.."
package=$1
work=$2
root=$work/root
packages=systemd-sysv,dbus,curl,ca-certificates,libssl3,libsqlite3-0,libsodium23,libdeflate0,libzstd1,zlib1g,libstdc++6

mkdir -p "$work"
if [ ! -s "$work/root.tar" ]; then
    mmdebstrap --variant=minbase --include=$packages bookworm "$work/root.tar.part" >"$work/mmdebstrap.log" 2>&1 || { tail "$work/mmdebstrap.log" >&2; exit 1; }
    mv "$work/root.tar.part" "$work/root.tar"
fi
rm -rf "$root"
mkdir "$root"
tar -C "$root" --exclude='./dev/*' -xf "$work/root.tar"
cp "$package" "$root/root/barograph.deb"
install -m 0755 tests/deploy/guest_check.sh "$root/root/"
cat >"$root/etc/systemd/system/check.service" <<'UNIT'
[Unit]
After=barograph.service
[Service]
Type=oneshot
ExecStart=/root/guest_check.sh
[Install]
WantedBy=multi-user.target
UNIT
chroot "$root" dpkg -i /root/barograph.deb >"$work/install.log" 2>&1 || { cat "$work/install.log" >&2; exit 1; }
chroot "$root" systemctl enable check.service >/dev/null 2>&1

timeout 180 systemd-nspawn -q -D "$root" --register=no --keep-unit --private-network --boot </dev/null >"$work/boot.log" 2>&1 || true
cat "$root/root/report"
tail -1 "$root/root/security"
if grep -q '^WRONG' "$root/root/report" || [ "$(tail -1 "$root/root/report")" != done ]; then
    tail -30 "$root/root/journal" "$root/root/report.log" "$work/boot.log" >&2 || true
    exit 1
fi
echo "$(grep -c '^ok' "$root/root/report") passed"
