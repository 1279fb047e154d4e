"""The files of histories: what a dying server leaves behind goes, what is damaged is found, and nothing else happens to them."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import subprocess
import time

import pytest
import requests

from tests.support.waiting import wait_until

ROWS = 20000
HOURS_AGO = 2 * 3600


def files_of(data) -> set[str]:
    return {str(path.relative_to(data / "history")) for path in data.glob("history/*/*")}


def segments_named(data) -> set[str]:
    connection = sqlite3.connect(f"file:{data / 'barograph.db'}?mode=ro", uri=True)
    names = {name for (name,) in connection.execute("select name from history_segments")}
    connection.close()
    return names


def make_old(data) -> None:
    """All of it as if it had been written hours ago."""
    long_ago = time.time() - HOURS_AGO
    for path in [*data.glob("history/*/*"), *data.glob("history/*")]:
        os.utime(path, (long_ago, long_ago))


def die_while_sealing(how: str, disk, start, open_run):
    """The folder of a server that was killed there, and its run."""
    server = start(disk.data, env=disk.env)
    run = open_run(server)
    run.send_rows(0, [{"_step": step, "value": step} for step in range(100)])
    disk.fail(how)
    with contextlib.suppress(requests.ConnectionError):  # it may die before it has answered
        run.post({"complete": True, "exitcode": 0})
    assert wait_until(lambda: server.process.poll() is not None)
    disk.recover()
    return server, run


def test_file_of_a_server_that_died_while_writing_it__goes_at_the_next_start(disk, start, open_run):
    server, run = die_while_sealing("T", disk, start, open_run)
    (half,) = files_of(disk.data)
    assert half.startswith("staged/") and segments_named(disk.data) == set()
    server.start()
    assert [row["_step"] for row in run.read()["rows"]] == list(range(100))
    assert wait_until(lambda: len(segments_named(disk.data)) == 1)
    assert files_of(disk.data) == segments_named(disk.data)


def test_file_of_a_server_that_died_before_its_record__goes_once_it_is_old(disk, start, open_run):
    server, run = die_while_sealing("K", disk, start, open_run)
    (orphan,) = files_of(disk.data)
    assert orphan.endswith(".parquet") and segments_named(disk.data) == set()
    server.start()
    assert [row["_step"] for row in run.read()["rows"]] == list(range(100))
    assert wait_until(lambda: len(segments_named(disk.data)) == 1)
    assert files_of(disk.data) == {orphan} | segments_named(disk.data)
    server.stop()
    make_old(disk.data)
    server.start()
    assert wait_until(lambda: files_of(disk.data) == segments_named(disk.data))
    assert wait_until(lambda: f"'{orphan}', which no record names" in server.log())
    assert [row["_step"] for row in run.read()["rows"]] == list(range(100))


def test_young_file__is_left_to_whoever_may_be_writing_it(disk, start, open_run):
    server, _ = die_while_sealing("K", disk, start, open_run)
    (orphan,) = files_of(disk.data)
    server.start()
    assert wait_until(lambda: len(segments_named(disk.data)) == 1)
    time.sleep(1.5)  # the worker has looked again
    assert orphan in files_of(disk.data)


# ---- damage ----


@pytest.fixture
def sealed(tmp_path, start, open_run):
    """A stopped server's folder with one large segment."""
    server = start(tmp_path / "data")
    run = open_run(server)
    for first in range(0, ROWS, 5000):
        rows = [{"_step": step, "value": step * 0.37, "maybe": None if step % 3 else step} for step in range(first, first + 5000)]
        run.send_rows(first, rows)
    run.post({"complete": True, "exitcode": 0})
    assert wait_until(lambda: len(segments_named(tmp_path / "data")) == 1)
    server.stop()
    return tmp_path / "data"


def overview_of(path) -> tuple[int, int]:
    """The first and the last byte of the overviews: between the pages and the footer."""
    pyarrow = pytest.importorskip("pyarrow.parquet")
    group = pyarrow.ParquetFile(path).metadata.row_group(0)
    columns = [group.column(at) for at in range(group.num_columns)]
    first = max(column.data_page_offset + column.total_compressed_size for column in columns)
    footer = int.from_bytes(path.read_bytes()[-8:-4], "little")
    return first, path.stat().st_size - 8 - footer - 1


def complaints(binary, data) -> list[str]:
    done = subprocess.run([binary, "verify", "--data", data], capture_output=True, text=True, timeout=60)
    found = [line for line in done.stdout.splitlines() if line.startswith("wrong: ")]
    assert done.returncode == (1 if found else 0), done.stdout + done.stderr
    return found


def test_verify__finds_every_changed_byte_of_an_overview(binary, sealed):
    (path,) = sealed.glob("history/*/*.parquet")
    whole = path.read_bytes()
    first, last = overview_of(path)
    assert last - first > 500 and complaints(binary, sealed) == []
    for at in sorted({first, last, *range(first, last, (last - first) // 12)}):
        for bit in (0x01, 0x80):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
            found = complaints(binary, sealed)
            assert any(path.name in line for line in found), (at - first, bit)
    path.write_bytes(whole)
    assert complaints(binary, sealed) == []


CHART = {"query": '{ project(name: "faults", entityName: "admin") { run(name: "run") {'
         ' sampledHistory(specs: ["{\\"keys\\":[\\"value\\"],\\"samples\\":20}"]) } } }'}


def test_chart_of_a_damaged_overview__is_an_error_and_no_other_chart(start, sealed):
    (path,) = sealed.glob("history/*/*.parquet")
    whole = path.read_bytes()
    first, last = overview_of(path)
    server = start(sealed)
    right = server.request("POST", "/graphql", json=CHART).json()
    assert len(right["data"]["project"]["run"]["sampledHistory"][0]) > 10
    refused = 0
    for at in range(first, last, (last - first) // 200):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x04]) + whole[at + 1 :])
        answer = server.request("POST", "/graphql", json=CHART).json()
        if answer != right:
            assert answer["errors"][0]["extensions"]["code"] == "CORRUPT", (at - first, answer)
            refused += 1
    assert refused > 10


# ---- the store under them ----


def maps_of(server) -> list[str]:
    with open(f"/proc/{server.process.pid}/maps") as maps:
        return [line.split(maxsplit=5)[-1].strip() for line in maps if "/" in line]


def test_database__is_written_through_one_connection_and_not_mapped(start, open_run, tmp_path):
    """SQLite's reset bug needs two connections that write or checkpoint: the readers' cannot."""
    server = start(tmp_path / "data")
    run = open_run(server)
    for step in range(50):
        run.send_rows(step, [{"_step": step}])
        run.read()
    assert not [path for path in maps_of(server) if path.endswith("barograph.db")]
    writers = []
    for descriptor in os.listdir(f"/proc/{server.process.pid}/fd"):
        try:
            path = os.readlink(f"/proc/{server.process.pid}/fd/{descriptor}")
        except OSError:
            continue
        flags = open(f"/proc/{server.process.pid}/fdinfo/{descriptor}").read()
        access = int(re.search(r"flags:\s*(\d+)", flags)[1], 8) & 3
        if path.endswith("barograph.db") and access != os.O_RDONLY:
            writers.append(descriptor)
    assert len(writers) == 1, writers
