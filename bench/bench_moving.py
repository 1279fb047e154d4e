"""bench_moving.py - how fast a server's data moves, beside what the disk copies right before and after each, and what the bucket does.

A ratio of 0.5 is the goal. The processor's seconds are those of the command and of the servers together: on a machine that others
use they say more than the clock. What is copied is what moves: blobs, histories and the database. "Cold" drops the files from memory before
each copy and before the command, so that both read from the disk.

    build/venv/bin/python -m bench.bench_moving BINARY PACKAGE [small] [large] [stores]
                                                         PACKAGE: a folder with the Python package, on PYTHONPATH
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

RUNS, ROWS, FILES = 8, 50_000, 6
SIZES = {"small": 8 << 20, "large": 64 << 20}
MOVED = ("blobs", "history", "barograph.db")


class Administrator:
    def __init__(self, server: Server):
        self.server, self.name, self.key, self.graphql = server, "admin", server.admin_key, server.graphql


class Clock:
    """Times what is done, between two copies of the same bytes; what a copy answers is removed. Both begin with what is read dropped from memory, when cold is given."""

    def __init__(self, copy, servers: list[Server], cold: list[Path] = ()):
        self.copy, self.servers, self.cold = copy, servers, cold

    def processor_s(self) -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime + sum(processor_s(server.process.pid) for server in self.servers if server.process.poll() is None)

    def copied_s(self) -> float:
        drop_from_memory(self.cold)
        begun = time.monotonic()
        made = self.copy()
        took = time.monotonic() - begun
        if made is not None:
            run("rm", "-rf", made)
        return took

    def timed(self, what: str, size: int, do) -> None:
        before = self.copied_s()
        drop_from_memory(self.cold)
        used, begun = self.processor_s(), time.monotonic()
        do()
        took, used = time.monotonic() - begun, self.processor_s() - used
        copied = (before + self.copied_s()) / 2
        print(f"{what:60} {size / took / 1e6:7.1f} MB/s, copy {size / copied / 1e6:7.1f}, ratio {copied / took:5.2f}, processor {used:5.2f} s, load {os.getloadavg()[0]:.0f}", flush=True)


def drop_from_memory(places: list[Path]) -> None:
    for path in (path for place in places for path in ((place, *place.rglob("*")) if place.is_dir() else (place,)) if path.is_file()):
        file = os.open(path, os.O_RDONLY)
        os.fsync(file)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)


def fill(server: Server, file_bytes: int) -> None:
    for number in range(RUNS):
        run = RunUnderTest(Administrator(server), "p", f"run{number}")
        for first in range(0, ROWS, 5000):
            run.send_rows(first, [{"_step": step, "_timestamp": step / 10, **{f"k{key}": step * 0.1 * key for key in range(8)}} for step in range(first, first + 5000)])
        for file in range(FILES):
            run.put(f"{file}.bin", os.urandom(file_bytes))
        run.post({"complete": True, "exitcode": 0})
    time.sleep(5)


def size_of(data: Path) -> int:
    return sum(path.stat().st_size for name in MOVED for path in ((data / name).rglob("*") if (data / name).is_dir() else [data / name]) if path.is_file())


def run(*command, **env) -> None:
    done = subprocess.run([*map(str, command)], env={**os.environ, **env}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)


def copy_durably(data: Path, folder: Path) -> Path:
    to = Path(tempfile.mkdtemp(dir=folder))
    run("cp", "-r", "--reflink=never", *(data / name for name in MOVED), to)
    run("sync", "-f", to)
    return to


class Bucket:
    """The same files, eight at once, by curl, which signs them."""

    def __init__(self, seaweed: Seaweed, data: Path, folder: Path):
        self.seaweed, self.folder = seaweed, folder
        self.files = [path for path in (data / "blobs").rglob("*") if path.is_file()]

    def curl(self, path: Path, *options) -> None:
        user = f"{self.seaweed.env['AWS_ACCESS_KEY_ID']}:{self.seaweed.env['AWS_SECRET_ACCESS_KEY']}"
        run("curl", "-sf", "--aws-sigv4", "aws:amz:us-east-1:s3", "--user", user, *options, f"{self.seaweed.endpoint}/moved/copy/{path.name}")

    def put(self) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda path: self.curl(path, "-T", path), self.files))

    def get(self) -> Path:
        """Into a folder, and onto the disk."""
        to = Path(tempfile.mkdtemp(dir=self.folder))
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda path: self.curl(path, "-o", to / path.name), self.files))
        run("sync", "-f", to)
        return to


class Bench:
    def __init__(self, binary: Path, package: str, folder: Path, file_bytes: int):
        self.binary, self.package, self.folder = binary, package, folder
        self.server = Server(binary, folder / "data").start()
        fill(self.server, file_bytes)
        self.size = size_of(self.server.data)
        print(f"{RUNS} runs of {ROWS} rows x 8, {RUNS * FILES} files of {file_bytes >> 20} MiB: {self.size / 1e6:.0f} MB")

    def copy(self) -> Path:
        return copy_durably(self.server.data, self.folder)

    def command(self, server: Server, *arguments) -> None:
        env = {"PYTHONPATH": self.package, "BAROGRAPH_BASE_URL": server.base_url, "BAROGRAPH_API_KEY": server.admin_key}
        run(sys.executable, "-m", "barograph.cli", *arguments, **env)

    def export_and_import(self, is_cold: bool) -> None:
        how = ", cold" if is_cold else ""
        archive, other = self.folder / "p.tar", Server(self.binary, self.folder / "other").start()
        data = [self.server.data / name for name in MOVED]
        clock = Clock(self.copy, [self.server, other], data if is_cold else [])
        try:
            clock.timed(f"export{how}", self.size, lambda: self.command(self.server, "export", "admin/p", archive))
            archive.unlink()
            clock.timed(f"export --check{how}", self.size, lambda: self.command(self.server, "export", "--check", "admin/p", archive))
            clock.cold = [*clock.cold, archive] if is_cold else []
            clock.timed(f"import{how}", self.size, lambda: self.command(other, "import", archive))
        finally:
            other.stop()
            run("rm", "-rf", archive, other.data)

    def migrate(self, *options, **env) -> None:
        run(self.binary, "migrate", *options, **env)

    def stores(self) -> None:
        self.server.stop()
        data, copied = self.server.data, Clock(self.copy, [])
        copied.timed("migrate to a folder, compared", self.size, lambda: self.migrate("--from", data, "--data", self.folder / "two", "--finish"))
        postgres, seaweed = Postgres().start(), Seaweed().start()
        try:
            bucket = Bucket(seaweed, data, self.folder)
            place = ["--database", make_database(postgres.url, "moved"), "--blobs", f"s3://moved/x?endpoint={seaweed.endpoint}"]
            back = ["--from-database", place[1], "--from-blobs", place[3], "--data", self.folder / "back", "--finish"]
            run("curl", "-sf", "--aws-sigv4", "aws:amz:us-east-1:s3", "--user",
                f"{seaweed.env['AWS_ACCESS_KEY_ID']}:{seaweed.env['AWS_SECRET_ACCESS_KEY']}", "-X", "PUT", f"{seaweed.endpoint}/moved")  # fmt: skip
            put, get = Clock(bucket.put, []), Clock(bucket.get, [])
            put.timed("migrate to PostgreSQL and a bucket, first pass", self.size, lambda: self.migrate("--from", data, *place, **seaweed.env))
            put.timed("the same with --finish", self.size, lambda: self.migrate("--from", data, *place, "--finish", **seaweed.env))
            get.timed("and back, compared", self.size, lambda: self.migrate(*back, **seaweed.env))
        finally:
            seaweed.remove()
            postgres.remove()


def main() -> None:
    binary, package, wanted = Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3:] or ["small", "large", "stores"]
    for size in ("small", "large"):
        if size not in wanted and not (size == "small" and "stores" in wanted):
            continue
        folder = Path(tempfile.mkdtemp(prefix="barograph-moving-"))
        bench = Bench(binary, package, folder, SIZES[size])
        try:
            for is_cold in (False, True) if size in wanted else ():
                bench.export_and_import(is_cold)
            if size == "small" and "stores" in wanted:
                bench.stores()
        finally:
            bench.server.stop()
            run("rm", "-rf", folder)


if __name__ == "__main__":
    main()
