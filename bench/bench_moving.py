"""bench_moving.py - how fast a server's data moves, beside what the disk, or the bucket, copies in the same minute.

    build/venv/bin/python -m bench.bench_moving BINARY PACKAGE    PACKAGE: a folder with the Python package, on PYTHONPATH
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support.postgres import Postgres, make_database
from tests.support.protocol import RunUnderTest
from tests.support.seaweed import Seaweed
from tests.support.server import Server

RUNS, ROWS, FILES, FILE_BYTES = 8, 50_000, 6, 8 << 20


class Administrator:
    def __init__(self, server: Server):
        self.server, self.name, self.key, self.graphql = server, "admin", server.admin_key, server.graphql


def timed(what: str, size: int, do) -> float:
    begun = time.monotonic()
    do()
    rate = size / (time.monotonic() - begun) / 1e6
    print(f"{what:50} {rate:8.1f} MB/s", flush=True)
    return rate


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
    run("cp", "-r", data, to)
    run("sync", "-f", to)


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
        timed("the disk's copy (cp, sync)", size, lambda: copy_durably(folder / "data", folder / "copy"))
        command = [sys.executable, "-m", "barograph.cli"]
        archive = folder / "p.tar"
        here = {**python, "BAROGRAPH_BASE_URL": server.base_url, "BAROGRAPH_API_KEY": server.admin_key}
        there = {**python, "BAROGRAPH_BASE_URL": other.base_url, "BAROGRAPH_API_KEY": other.admin_key}
        timed("export", size, lambda: run(*command, "export", "admin/p", archive, **here))
        timed("import", size, lambda: run(*command, "import", archive, **there))
        server.stop()
        bucket = ["--database", make_database(postgres.url, "moved"), "--blobs", f"s3://moved/x?endpoint={seaweed.endpoint}"]
        timed("migrate to a folder, compared", size, lambda: run(binary, "migrate", "--from", server.data, "--data", folder / "two", "--finish"))
        timed("migrate to PostgreSQL and SeaweedFS, first pass", size, lambda: run(binary, "migrate", "--from", server.data, *bucket, **seaweed.env))
        timed("the same with --finish: compared", size, lambda: run(binary, "migrate", "--from", server.data, *bucket, "--finish", **seaweed.env))
        back = ["--from-database", bucket[1], "--from-blobs", bucket[3], "--data", folder / "back", "--finish"]
        timed("and back, compared", size, lambda: run(binary, "migrate", *back, **seaweed.env))
    finally:
        server.stop()
        other.stop()
        seaweed.remove()
        postgres.remove()
        run("rm", "-rf", folder)


if __name__ == "__main__":
    main()
