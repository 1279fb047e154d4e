"""PostgreSQL going away in the middle of ingest, and the server over it dying: what was answered is there, once."""

from __future__ import annotations

import random
import re
import select
import signal
import socket
import threading
import time

import psycopg
import pytest
import requests

from tests.faults.length import ANSWER_LIMIT_S, lasting, rounds
from tests.support.postgres import Postgres, make_database

WRITERS, ROUNDS, ROWS_PER_REQUEST = 4, 4, 3


@pytest.fixture
def database(postgres, request) -> str:
    return make_database(postgres.url, request.node.name[:60])


class Writer(threading.Thread):
    """Sends small batches until told to stop, each until it is answered with 200."""

    def __init__(self, run):
        super().__init__()
        self.run_, self.acknowledged, self.refusals, self.must_stop = run, 0, [], False

    def send(self, first: int) -> bool:
        rows = [{"_step": step, "value": step * 0.25} for step in range(first, first + ROWS_PER_REQUEST)]
        content = [f'{{"_step": {row["_step"]}, "value": {row["value"]}}}' for row in rows]
        body = {"files": {"wandb-history.jsonl": {"offset": first, "content": content}}}
        try:
            answer = self.run_.post(body)
        except (requests.ConnectionError, requests.Timeout):
            return False
        if answer.status_code not in (200, 503):
            self.refusals.append(f"{answer.status_code} {answer.text}")
        return answer.status_code == 200

    def run(self):
        while not self.must_stop:
            limit = time.monotonic() + ANSWER_LIMIT_S
            while not self.send(self.acknowledged):
                if time.monotonic() > limit or self.refusals:
                    self.refusals.append(f"no answer for {ANSWER_LIMIT_S} s")
                    return
                time.sleep(0.05)
            self.acknowledged += ROWS_PER_REQUEST


def ingest_through(disturb, runs):
    """Writes to all runs while disturb() does its worst, then checks that each holds what was answered, once."""
    writers = [Writer(run) for run in runs]
    for writer in writers:
        writer.start()
    try:
        disturb()
        before = [writer.acknowledged for writer in writers]
        time.sleep(1)
    finally:
        for writer in writers:
            writer.must_stop = True
        for writer in writers:
            writer.join()
    assert [writer.refusals for writer in writers] == [[]] * len(writers)
    assert all(writer.acknowledged > count for writer, count in zip(writers, before)), "ingest did not go on"
    for run, writer in zip(runs, writers):
        read = run.read()
        assert [row["_step"] for row in read["rows"]] == list(range(writer.acknowledged))
        assert all(row["value"] == row["_step"] * 0.25 for row in read["rows"])


def test_database_crashing_in_a_loop__loses_and_doubles_nothing(tmp_path, start, open_run, postgres, database):
    server = start(tmp_path / "data", "--database", database)
    rng = random.Random(2)

    def crash_database():
        for _ in rounds(ROUNDS):
            time.sleep(rng.uniform(0.2, 0.6))
            postgres.stop(signal.SIGQUIT)
            time.sleep(rng.uniform(0, 0.3))
            postgres.start()

    ingest_through(crash_database, [open_run(server, f"run{number}") for number in range(WRITERS)])
    assert server.process.poll() is None


def test_failover_to_a_standby__loses_and_doubles_nothing(tmp_path, start, open_run):
    """With a synchronous standby, as the documentation asks for. The servers' address names both."""
    first = Postgres().start()
    make_database(first.url, "failover")
    second = first.standby()
    server = start(tmp_path / "data", "--database", f"postgresql://barograph@127.0.0.1:{first.port},127.0.0.1:{second.port}/failover")

    def fail_over():
        time.sleep(1)
        first.stop(signal.SIGQUIT)
        time.sleep(lasting(0.5))
        second.promote()
        time.sleep(1)

    try:
        ingest_through(fail_over, [open_run(server, f"run{number}") for number in range(WRITERS)])
        assert "connecting again" in server.log()
    finally:
        first.remove()
        second.remove()


def test_sessions_ended_at_any_moment__lose_and_double_nothing(tmp_path, start, open_run, postgres, database):
    """As a failover or an administrator does it: also between a commit and its answer."""
    server = start(tmp_path / "data", "--database", database)

    def end_sessions():
        with psycopg.connect(f"{postgres.url}/postgres", autocommit=True) as administrator:
            for _ in rounds(60):
                administrator.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'barograph'"
                )
                time.sleep(0.03)

    ingest_through(end_sessions, [open_run(server, f"run{number}") for number in range(WRITERS)])
    assert "connecting again" in server.log()


def test_server_killed_over_postgres__loses_and_doubles_nothing(tmp_path, start, open_run, database):
    server = start(tmp_path / "data", "--database", database)
    rng = random.Random(3)

    def kill_server():
        for _ in rounds(ROUNDS):
            time.sleep(rng.uniform(0.2, 0.6))
            server.kill()
            server.start()

    ingest_through(kill_server, [open_run(server, f"run{number}") for number in range(WRITERS)])


def test_database_away__is_503_until_it_is_back(tmp_path, start, open_run, postgres, database):
    server = start(tmp_path / "data", "--database", database)
    run = open_run(server)
    run.send_rows(0, [{"_step": 0, "a": 1}])
    postgres.stop(signal.SIGQUIT)
    try:
        assert server.request("GET", "/readyz", key=None).status_code == 503
        assert server.request("GET", "/healthz", key=None).status_code == 200
        answer = run.post({"files": {"wandb-history.jsonl": {"offset": 1, "content": ['{"_step": 1, "a": 2}']}}})
        assert answer.status_code == 503 and "Retry-After" in answer.headers
        time.sleep(lasting(0))
        assert server.request("GET", "/readyz", key=None).status_code == 503
    finally:
        postgres.start()
    assert server.request("GET", "/readyz", key=None).status_code == 200
    run.send_rows(1, [{"_step": 1, "a": 2}])
    assert [row["a"] for row in run.read()["rows"]] == [1, 2]


def test_server_without_its_database__says_why_and_does_not_show_the_password(tmp_path, start):
    with pytest.raises(RuntimeError, match="cannot connect to the database") as refusal:
        start(tmp_path / "data", "--database", "postgresql://barograph:hunter2@127.0.0.1:1/none")
    assert "hunter2" not in str(refusal.value)


def received(source: socket.socket) -> bytes:
    """A database that crashes resets its connections."""
    try:
        return source.recv(1 << 16)
    except ConnectionResetError:
        return b""


class Cutter:
    """Stands between server and database, and cuts the connection at a commit: before it arrives, or before its answer does.
    Nobody gets through to the database while `at_cut` goes on."""

    def __init__(self, port: int, at_cut=lambda: None):
        self.port, self.when, self.cuts, self.at_cut = port, None, 0, at_cut
        self.is_open = threading.Event()
        self.is_open.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, database: str) -> str:
        return database.replace(f":{self.port}/", f":{self.listener.getsockname()[1]}/")

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket):
        self.is_open.wait()
        server = socket.create_connection(("127.0.0.1", self.port))
        names, is_answer_cut = set(), False
        while True:
            ready, _, _ = select.select([client, server], [], [])
            for source in ready:
                data = received(source)
                if not data or (source is server and is_answer_cut):
                    client.close()
                    server.close()
                    return
                if source is client:
                    # Parse: name, text. Bind: portal (empty), name.
                    names |= set(re.findall(rb"(s\d+)\0commit\0", data))
                    if self.when and any(b"B" in data and b"\0" + name + b"\0" in data for name in names):
                        self.cuts += 1
                        is_before, self.when = self.when == "before", None
                        if is_before:
                            self.is_open.clear()
                            self.at_cut()
                            self.is_open.set()
                            client.close()
                            server.close()
                            return
                        is_answer_cut = True
                (server if source is client else client).sendall(data)


ALERT = """mutation A($e: String!, $p: String!, $r: String!, $t: String!, $x: String!) { notifyScriptableRunAlert(
    input: {entityName: $e, projectName: $p, runName: $r, title: $t, text: $x}) { success } }"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_commit_cut_off__is_asked_after_and_not_done_twice(tmp_path, start, open_run, postgres, database, when):
    cutter = Cutter(postgres.port)
    server = start(tmp_path / "data", "--database", cutter.url(database))
    run = open_run(server)
    where = {"e": "admin", "p": "faults", "r": "run", "t": "title", "x": "text"}
    server.graphql(ALERT, where)
    cutter.when = when
    server.graphql(ALERT, where)
    assert cutter.cuts == 1
    assert ("was committed" if when == "after" else "was not committed") in server.log()
    run.send_rows(0, [{"_step": 0, "a": 1}])
    with psycopg.connect(database) as connection:
        assert connection.execute("select count(*) from run_alerts").fetchone() == (2,)


def test_commit_cut_off_by_a_crash__is_not_taken_for_another_with_its_number(tmp_path, start, open_run):
    """What the crash took with it leaves no trace of its transaction: PostgreSQL gives out its number again."""
    database = Postgres(wal_writer_delay="10s", autovacuum="off").start()
    address = make_database(database.url, "crash")
    with psycopg.connect(address) as connection:
        connection.execute("create table numbers (n bigint)")

    def crash_and_use_numbers():
        database.stop(signal.SIGQUIT)
        database.start()
        with psycopg.connect(address, autocommit=True) as connection:
            for _ in range(300):
                connection.execute("insert into numbers values (pg_current_xact_id()::text::bigint)")

    cutter = Cutter(database.port, crash_and_use_numbers)
    try:
        server = start(tmp_path / "data", "--database", cutter.url(address))
        open_run(server)
        where = {"e": "admin", "p": "faults", "r": "run", "t": "title", "x": "text"}
        server.graphql(ALERT, where)
        cutter.when = "before"
        server.graphql(ALERT, where)
        assert cutter.cuts == 1
        lost = int(re.search(r"transaction (\d+), whose answer was lost, was not committed", server.log())[1])
        with psycopg.connect(address) as connection:
            assert connection.execute("select count(*) from run_alerts").fetchone() == (2,)
            assert connection.execute("select count(*) from numbers where n = %s", (lost,)).fetchone() == (1,), "it was given out again"
    finally:
        database.remove()
