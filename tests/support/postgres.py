"""postgres.py - a PostgreSQL server of our own: Debian's, on a folder in /tmp, on a free port, and its databases.

    python3 -m tests.support.postgres COMMAND ...   runs a command with BAROGRAPH_TEST_DATABASE set to its address

What is tested on both stores asks for that variable: unset means SQLite.
"""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

START_LIMIT_S = 60

# Tests kill servers, not machines: what is not synced is lost by none of them. Whoever cuts the power asks for fsync.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "warning",
}


def _programs() -> Path:
    """The newest that Debian installed."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(Path(path).parent.name))
    if not found:
        raise RuntimeError("PostgreSQL is not installed: apt-get install postgresql")
    return Path(found[-1])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Postgres:
    """One cluster. It refuses to run as root, so root hands it to the account that the package made."""

    def __init__(self, copy_of: "Postgres | None" = None, **settings: str):
        self.settings = {**(copy_of.settings if copy_of else SETTINGS), **settings}
        self.folder = Path(tempfile.mkdtemp(prefix="barograph-postgres-"))
        self.port = _free_port()
        self.process: subprocess.Popen | None = None
        self._owner: dict = {}
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self.folder, account.pw_uid, account.pw_gid)
            self._owner = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        if copy_of is None:
            self._run("initdb", "-D", self.folder / "data", "-U", "barograph", "-A", "trust", "-E", "UTF8", "--no-sync")
        else:
            self._run("pg_basebackup", "-D", self.folder / "data", "-R", "-X", "stream", "-c", "fast", "-d", f"{copy_of.url}/postgres")

    def _run(self, program: str, *arguments) -> None:
        command = [_programs() / program, *map(str, arguments)]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, **self._owner)

    def start(self) -> "Postgres":
        options = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        with open(self.folder.parent / f"{self.folder.name}.log", "ab") as log:
            self.process = subprocess.Popen(
                [_programs() / "postgres", "-D", self.folder / "data", "-p", str(self.port), "-k", self.folder, *options],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                **self._owner,
            )
        limit = time.monotonic() + START_LIMIT_S
        while subprocess.run([_programs() / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode:
            if self.process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(Path(log.name).read_text())
            time.sleep(0.05)
        return self

    def standby(self) -> "Postgres":
        """A second server that follows this one, whose commits wait for it from now on."""
        other = Postgres(copy_of=self).start()
        with_wait = "alter system set synchronous_standby_names = '*'"
        for statement in (with_wait, "select pg_reload_conf()"):
            subprocess.run(["psql", "-qX", f"{self.url}/postgres", "-c", statement], check=True, stdout=subprocess.DEVNULL)
        return other

    def promote(self) -> None:
        self._run("pg_ctl", "promote", "-D", self.folder / "data")

    def stop(self, how: int = signal.SIGINT) -> None:
        """SIGINT ends sessions and stops in order; SIGQUIT is a crash."""
        self.process.send_signal(how)
        self.process.wait(60)

    def remove(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        Path(f"{self.folder}.log").unlink(missing_ok=True)

    @property
    def url(self) -> str:
        return f"postgresql://barograph@127.0.0.1:{self.port}"


def make_database(server_url: str, name: str) -> str:
    """A new, empty database; its address."""
    subprocess.run(["psql", "-qX", f"{server_url}/postgres", "-c", f'create database "{name}"'], check=True)
    return f"{server_url}/{name}"


def main() -> int:
    if len(sys.argv) < 2:
        print("usage: python3 -m tests.support.postgres COMMAND ...", file=sys.stderr)
        return 2
    server = Postgres().start()
    try:
        env = {**os.environ, "BAROGRAPH_TEST_DATABASE": server.url}
        return subprocess.run(sys.argv[1:], env=env).returncode
    finally:
        server.remove()


if __name__ == "__main__":
    sys.exit(main())
