"""scale_constants.py - measures on this machine what bench/scale.py reckons with, and writes it to bench/scale_constants.json.

    build/venv/bin/python -m bench.scale_constants BINARY

One server on a data folder, then one on PostgreSQL (with fsync). Processor seconds are those of the processes themselves, so that
who sends does not count and others on the machine count little; waits are medians.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import queue
import random
import socket
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy
import psycopg

from tests.support.postgres import Postgres, make_database
from tests.support.protocol import RunUnderTest
from tests.support.server import Server

KEYS = [f"train/k{number}" for number in range(10)]
SENDERS, TICKS = 8, os.sysconf("SC_CLK_TCK")


class Administrator:
    def __init__(self, server: Server):
        self.server, self.name, self.key, self.graphql = server, "admin", server.admin_key, server.graphql


def processor_s(*pids: int) -> float:
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def threads_of(pid: int) -> dict[str, float]:
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        fields = (task / "stat").read_text().rpartition(")")[2].split()
        found[task.name] = (int(fields[11]) + int(fields[12])) / TICKS
    return found


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def written_bytes(pid: int) -> int:
    lines = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    return int(lines["write_bytes"])


def body_of(first: int, rows: int, walk: list[float]) -> bytes:
    """Rows of ten walks, as random as losses are and float32 as they are."""
    lines = []
    for step in range(first, first + rows):
        for key in range(len(walk)):
            walk[key] = float(numpy.float32(walk[key] + random.gauss(0, 0.01)))
        values = dict(zip(KEYS, walk))
        lines.append(json.dumps({**values, "_step": step, "_runtime": step / 10, "_timestamp": 1.79e9 + step / 10}))
    return json.dumps({"files": {"wandb-history.jsonl": {"offset": first, "content": lines}}}).encode()


def send_all(server: Server, bodies: dict[str, list[bytes]]) -> float:
    """Each run's requests in order, eight connections; answers how long it took."""
    host = server.base_url.removeprefix("http://")
    waiting = list(bodies.items())
    head = {"Authorization": "Basic " + base64.b64encode(f"api:{server.admin_key}".encode()).decode(), "Content-Type": "application/json"}

    def work() -> None:
        connection = http.client.HTTPConnection(host, timeout=120)
        while waiting:
            try:
                name, requests = waiting.pop()
            except IndexError:
                return
            for body in requests:
                connection.request("POST", f"/files/admin/scale/{name}/file_stream", body, head)
                answer = connection.getresponse()
                if answer.read() and answer.status != 200:
                    sys.exit(f"the server answered {answer.status}")

    threads = [threading.Thread(target=work) for _ in range(SENDERS)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - begun


def requests_of(runs: int, requests: int, rows: int, prefix: str) -> dict[str, list[bytes]]:
    made = {}
    for run in range(runs):
        walk = [random.random() for _ in KEYS]
        made[f"{prefix}{run}"] = [body_of(number * rows, rows, walk) for number in range(requests)]
    return made


class Meter:
    """What one phase used: the server's processor time, the database's, and its log's bytes."""

    def __init__(self, server: Server, postgres: Postgres | None, database: str | None):
        self.server, self.postgres, self.database = server, postgres, database

    def read(self) -> dict[str, float]:
        found = {"server_s": processor_s(self.server.process.pid), "disk_bytes": written_bytes(self.server.process.pid)}
        if self.postgres:
            pid = self.postgres.process.pid
            found["database_s"] = processor_s(pid, *children_of(pid))
            with psycopg.connect(self.database) as connection:
                found["log_bytes"] = float(connection.execute("select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')").fetchone()[0])
        return found

    def around(self, do) -> dict[str, float]:
        before = self.read()
        do()
        return {name: value - before[name] for name, value in self.read().items()}


def per_request_and_point(meter: Meter, server: Server) -> dict[str, float]:
    """Two sizes of request, and the line through them."""
    small, large = requests_of(40, 50, 1, "small"), requests_of(40, 2, 1000, "large")
    for name in (*small, *large):
        RunUnderTest(Administrator(server), "scale", name)
    time.sleep(1)
    few = meter.around(lambda: send_all(server, small))
    many = meter.around(lambda: send_all(server, large))
    found = {}
    for name in few:
        point = (many[name] / 80 - few[name] / 2000) / (9990)
        found[f"{name}_a_point"] = max(point, 0)
        found[f"{name}_a_request"] = few[name] / 2000 - 10 * max(point, 0)
    return found


def run_life(meter: Meter, server: Server) -> dict[str, float]:
    """Creating a run and ending it: what that costs, beside its rows."""
    def lives() -> None:
        for number in range(100):
            run = RunUnderTest(Administrator(server), "scale", f"life{number}", {"lr": 0.1, "layers": 12, "name": "x"})
            run.send_rows(0, [{"_step": 0, "loss": 1.0}], complete=True, exitcode=0)
    used = meter.around(lives)
    return {f"{name}_a_run": value / 100 for name, value in used.items()}


def compaction(server: Server) -> dict[str, float]:
    """A run of 700,000 rows of ten keys: sealed, merged by eights, and put into one file at its end."""
    pid = server.process.pid
    RunUnderTest(Administrator(server), "scale", "long0")
    begun = threads_of(pid)
    send_all(server, requests_of(1, 100, 7000, "long"))
    sent = threads_of(pid)
    run = RunUnderTest(Administrator(server), "scale", "long0")
    run.post({"complete": True, "exitcode": 0})
    last, ended = None, threads_of(pid)
    while last is None or sum(ended.values()) - sum(last.values()) > 0.1:
        time.sleep(3)
        last, ended = ended, threads_of(pid)
    # Who works when all has been sent is the thread that seals and compacts.
    worker = max(ended, key=lambda thread: ended[thread] - sent.get(thread, 0))
    with sqlite3.connect(server.data / "barograph.db") as connection:
        (run_id,) = connection.execute("select id from runs where name = 'long0'").fetchone()
        kept = connection.execute("select count(*), sum(size_bytes), sum(length(directory)) from history_segments join history_links "
                                  "on segment_id = history_segments.id where run_id = ?", (run_id,)).fetchone()  # fmt: skip
    files = [path.stat().st_size for path in (server.data / "history" / str(run_id)).glob("*.parquet")]
    points = 7e6
    return {
        "long_run_files_written": len(files), "long_run_files_kept": kept[0], "segment_bytes_a_point": kept[1] / points,
        "segment_amplification": sum(files) / kept[1], "directory_bytes_a_segment": kept[2] / kept[0],
        "compact_s_a_point": (ended[worker] - begun.get(worker, 0)) / points,
        "server_s_a_point_of_large_requests": (sum(ended.values()) - ended[worker] - sum(begun.values()) + begun.get(worker, 0)) / points,
    }  # fmt: skip


def catalogue(server: Server) -> dict[str, float]:
    """Rows and bytes that one finished run leaves in the database: config, summary, two files, a console of 20 lines, one segment."""
    def count(connection) -> tuple[int, int]:
        names = [name for (name,) in connection.execute("select name from sqlite_schema where type = 'table' and name not like 'sqlite%'")]
        rows = sum(connection.execute(f"select count(*) from {name}").fetchone()[0] for name in names)
        (pages,) = connection.execute("select sum(pgsize) from dbstat where name not like 'history_tail%'").fetchone()
        return rows, pages

    def settled() -> tuple[int, int]:
        while True:
            time.sleep(1)
            with sqlite3.connect(server.data / "barograph.db") as connection:
                if connection.execute("select count(*) from history_tail join history_runs using (run_id, kind) where is_finished = 1").fetchone() == (0,):
                    return count(connection)

    runs = 300
    before = settled()
    for number in range(runs):
        run = RunUnderTest(Administrator(server), "scale", f"kept{number}", {f"parameter{each}": each / 7 for each in range(20)})
        run.send_rows(0, [{"_step": step, **{key: step / 7 for key in KEYS}} for step in range(50)])
        run.send("output.log", 0, [f"line {line} of some length, as a training prints it" for line in range(20)])
        for name in ("config.yaml", "requirements.txt"):
            run.put(name, f"{name} of run {number}".encode())
        run.post({"files": {"wandb-summary.json": {"offset": 0, "content": [json.dumps({key: number / 7 for key in KEYS})]}},
                  "complete": True, "exitcode": 0})  # fmt: skip
    after = settled()
    return {"catalogue_rows_a_run": (after[0] - before[0]) / runs, "catalogue_bytes_a_run": (after[1] - before[1]) / runs}


class Delay:
    """Stands before the database and lets every byte wait, each way: what a trip costs shows how many there are."""

    def __init__(self, port: int, seconds: float):
        self.seconds, self.target = seconds, ("127.0.0.1", port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            near, _ = self.listener.accept()
            far = socket.create_connection(self.target)
            for source, sink in ((near, far), (far, near)):
                waiting: queue.Queue = queue.Queue()
                threading.Thread(target=self._read, args=(source, waiting), daemon=True).start()
                threading.Thread(target=self._write, args=(sink, waiting), daemon=True).start()

    def _read(self, source: socket.socket, waiting: queue.Queue) -> None:
        source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(ConnectionResetError):
            while piece := source.recv(1 << 16):
                waiting.put((time.monotonic() + self.seconds, piece))
        waiting.put((0.0, b""))

    def _write(self, sink: socket.socket, waiting: queue.Queue) -> None:
        sink.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while (item := waiting.get())[1]:
            time.sleep(max(0.0, item[0] - time.monotonic()))
            sink.sendall(item[1])
        sink.close()


def trips(binary: Path, folder: Path, postgres: Postgres) -> dict[str, float]:
    """Round trips to the database that a request costs when eight wait at once; the first round makes the histories."""
    took = {}
    for seconds in (0.0, 0.005):
        name = f"delay{int(seconds * 1000)}"
        make_database(postgres.url, name)
        delay = Delay(postgres.port, seconds)
        server = Server(binary, folder / name, ("--database", f"postgresql://barograph@127.0.0.1:{delay.port}/{name}")).start()
        try:
            bodies = requests_of(SENDERS, 21, 1, "trip")
            for run in bodies:
                RunUnderTest(Administrator(server), "scale", run)
            send_all(server, {run: requests[:1] for run, requests in bodies.items()})
            took[seconds] = send_all(server, {run: requests[1:] for run, requests in bodies.items()}) / (SENDERS * 20)
        finally:
            server.stop()
    return {"trips_a_request": (took[0.005] - took[0.0]) / 0.010}


def sync_s(folder: Path) -> float:
    took = []
    with open(folder / "sync", "wb", buffering=0) as file:
        for _ in range(300):
            file.write(bytes(4096))
            begun = time.monotonic()
            os.fdatasync(file.fileno())
            took.append(time.monotonic() - begun)
    return statistics.median(took)


def database_waits(url: str) -> dict[str, float]:
    took, trips = [], []
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table waits (at bigint)")
        for number in range(300):
            begun = time.monotonic()
            connection.execute("insert into waits values (%s)", (number,))
            took.append(time.monotonic() - begun)
            begun = time.monotonic()
            connection.execute("select 1")
            trips.append(time.monotonic() - begun)
    return {"commit_s": statistics.median(took), "trip_s": statistics.median(trips)}


def main() -> None:
    binary = Path(sys.argv[1]).resolve()
    random.seed(1)
    found: dict = {"load": os.getloadavg()[0], "cores": os.cpu_count()}
    with tempfile.TemporaryDirectory(prefix="barograph-scale-") as place:
        folder = Path(place)
        found["sync_s"] = sync_s(folder)
        server = Server(binary, folder / "data").start()
        try:
            found["embedded"] = per_request_and_point(Meter(server, None, None), server) | run_life(Meter(server, None, None), server)
            found |= compaction(server) | catalogue(server)
        finally:
            server.stop()
        postgres = Postgres(fsync="on", full_page_writes="on", shared_buffers="256MB").start()
        url = make_database(postgres.url, "scale")
        server = Server(binary, folder / "second", ("--database", url)).start()
        try:
            meter = Meter(server, postgres, url)
            found["postgresql"] = per_request_and_point(meter, server) | run_life(meter, server) | database_waits(url) | trips(binary, folder, postgres)
        finally:
            server.stop()
            postgres.remove()
    text = json.dumps(found, indent=2)
    Path(__file__).with_name("scale_constants.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
