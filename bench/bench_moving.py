"""bench_moving.py - how fast a server's data moves, beside what the disk copies right before and after each, and what the bucket does.

A ratio of 0.5 is the goal. The processor's seconds are those of the command and of the servers together: on a machine that others
use they say more than the clock.

    build/venv/bin/python -m bench.bench_moving BINARY PACKAGE    PACKAGE: a folder with the Python package, on PYTHONPATH
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.scale_constants import processor_s
from tests.support.postgres import Postgres, make_database
from tests.support.protocol import RunUnderTest
from tests.support.seaweed import Seaweed
from tests.support.server import Server

RUNS, ROWS, FILES, FILE_BYTES = 8, 50_000, 6, 8 << 20


class Administrator:
    def __init__(self, server: Server):
        self.server, self.name, self.key, self.graphql = server, "admin", server.admin_key, server.graphql


class Clock:
    """Times what is done, between two copies of the same bytes."""

    def __init__(self, folder: Path, copy, servers: list[Server]):
        self.folder, self.copy, self.servers = folder, copy, servers

    def processor_s(self) -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime + sum(processor_s(server.process.pid) for server in self.servers if server.process.poll() is None)

    def copied_s(self) -> float:
        begun = time.monotonic()
        self.copy()
        return time.monotonic() - begun

    def timed(self, what: str, size: int, do) -> None:
        before, used, begun = self.copied_s(), self.processor_s(), time.monotonic()
        do()
        took, used = time.monotonic() - begun, self.processor_s() - used
        copied = (before + self.copied_s()) / 2
        print(f"{what:48} {size / took / 1e6:7.1f} MB/s, copy {size / copied / 1e6:7.1f}, ratio {copied / took:5.2f}, processor {used:5.2f} s, load {os.getloadavg()[0]:.0f}", flush=True)


def fill(server: Server) -> None:
    for number in range(RUNS):
        run = RunUnderTest(Administrator(server), "p", f"run{number}")
        for first in range(0, ROWS, 5000):
            run.send_rows(first, [{"_step": step, "_timestamp": step / 10, **{f"k{key}": step * 0.1 * key for key in range(8)}} for step in range(first, first + 5000)])
        for file in range(FILES):
            run.put(f"{file}.bin", os.urandom(FILE_BYTES))
        run.post({"complete": True, "exitcode": 0})
    time.sleep(5)


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def run(*command, **env) -> None:
    done = subprocess.run([*map(str, command)], env={**os.environ, **env}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)


def copy_durably(data: Path, to: Path) -> None:
    run("rm", "-rf", to)
    run("cp", "-r", "--reflink=never", data, to)
    run("sync", "-f", to)


def copy_to_bucket(seaweed: Seaweed, data: Path) -> None:
    """The same files, eight at once, by curl, which signs them."""
    user = f"{seaweed.env['AWS_ACCESS_KEY_ID']}:{seaweed.env['AWS_SECRET_ACCESS_KEY']}"
    files = [path for path in (data / "blobs").rglob("*") if path.is_file()]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda path: run("curl", "-sf", "--aws-sigv4", "aws:amz:us-east-1:s3", "--user", user, "-T", path, f"{seaweed.endpoint}/moved/copy/{path.name}"), files))


def main() -> None:
    binary, package = Path(sys.argv[1]).resolve(), sys.argv[2]
    folder = Path(tempfile.mkdtemp(prefix="barograph-moving-"))
    postgres, seaweed = Postgres().start(), Seaweed().start()
    server = Server(binary, folder / "data").start()
    other = Server(binary, folder / "other").start()
    try:
        fill(server)
        python = {"PYTHONPATH": package}
        size = size_of(folder / "data")
        print(f"{RUNS} runs of {ROWS} rows x 8, {RUNS * FILES} files of {FILE_BYTES >> 20} MiB: {size / 1e6:.0f} MB")
        disk = Clock(folder, lambda: copy_durably(folder / "data", folder / "copy"), [server, other])
        command = [sys.executable, "-m", "barograph.cli"]
        archive = folder / "p.tar"
        here = {**python, "BAROGRAPH_BASE_URL": server.base_url, "BAROGRAPH_API_KEY": server.admin_key}
        there = {**python, "BAROGRAPH_BASE_URL": other.base_url, "BAROGRAPH_API_KEY": other.admin_key}
        disk.timed("export", size, lambda: run(*command, "export", "admin/p", archive, **here))
        disk.timed("import", size, lambda: run(*command, "import", archive, **there))
        server.stop()
        bucket = ["--database", make_database(postgres.url, "moved"), "--blobs", f"s3://moved/x?endpoint={seaweed.endpoint}"]
        disk.timed("migrate to a folder, compared", size, lambda: run(binary, "migrate", "--from", server.data, "--data", folder / "two", "--finish"))
        # The first pass makes the bucket that the copies go to.
        disk.timed("migrate to PostgreSQL and SeaweedFS, first pass", size, lambda: run(binary, "migrate", "--from", server.data, *bucket, **seaweed.env))
        store = Clock(folder, lambda: copy_to_bucket(seaweed, server.data), [])
        store.timed("the same with --finish, beside the bucket's copy", size, lambda: run(binary, "migrate", "--from", server.data, *bucket, "--finish", **seaweed.env))
        back = ["--from-database", bucket[1], "--from-blobs", bucket[3], "--data", folder / "back", "--finish"]
        store.timed("and back, compared, beside the bucket's copy", size, lambda: run(binary, "migrate", *back, **seaweed.env))
    finally:
        server.stop()
        other.stop()
        seaweed.remove()
        postgres.remove()
        run("rm", "-rf", folder)


if __name__ == "__main__":
    main()
