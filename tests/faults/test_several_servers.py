"""Several servers over one PostgreSQL and one bucket: any of them killed, stopped, or with a clock of its own."""

from __future__ import annotations

import hashlib
import random
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
import requests

from tests.api.test_artifact_parts import COMPLETE, LARGE, Draft, b64, put_large, staged
from tests.faults.length import ANSWER_LIMIT_S, lasting, rounds
from tests.support.page import Page
from tests.support.postgres import make_database
from tests.support.protocol import RunUnderTest
from tests.support.server import Server

SERVERS, ROWS = 3, 3
KEY = "several-servers-" + "k" * 40
SECRET = "5e" * 32


@pytest.fixture
def database(postgres, request) -> str:
    return make_database(postgres.url, request.node.name[:60])


@pytest.fixture
def start_one(start, tmp_path, database, bucket_store, request):
    """Starts the server of a number: each has a folder of its own, and all have the same database, bucket and secret."""
    name = "".join(c if c.isalnum() else "-" for c in request.node.name.lower())[:40].strip("-")
    address = f"s3://{name}/team?endpoint={bucket_store.endpoint}"

    def start_it(number: int, *options: str, env: dict | None = None) -> Server:
        given = {**bucket_store.env, "BAROGRAPH_SECRET": SECRET, "BAROGRAPH_ADMIN_KEY": KEY, **(env or {})}
        return start(tmp_path / f"data{number}", "--database", database, "--blobs", address, *options, env=given)

    return start_it


@pytest.fixture
def servers(start_one) -> list[Server]:
    return [start_one(number) for number in range(SERVERS)]


class Client:
    """The administrator, asking one server or each in turn until one answers: what a load balancer does."""

    name, key, has_bucket = "admin", KEY, True

    def __init__(self, *servers: Server):
        self.servers, self.server, self.next = servers, self, 0

    def request(self, method, path, key=KEY, **more):
        limit = time.monotonic() + ANSWER_LIMIT_S
        while True:
            self.next += 1
            try:
                server = self.servers[self.next % len(self.servers)]
                answer = server.request(method, path, key=key, **more)
                if answer.status_code != 503:
                    return answer
                why = answer.text
            except requests.ConnectionError as error:
                why = str(error)
            assert time.monotonic() < limit, f"no answer for {ANSWER_LIMIT_S} s: {why}"
            time.sleep(0.02)

    def graphql(self, query, variables=None):
        answer = self.request("POST", "/graphql", json={"query": query, "variables": variables or {}}).json()
        assert not answer.get("errors"), answer
        return answer["data"]


def open_run(servers, name: str) -> RunUnderTest:
    return RunUnderTest(Client(*servers), "faults", name)


def body_of(first: int, count: int = ROWS) -> dict:
    content = [f'{{"_step": {step}, "value": {step * 0.25}}}' for step in range(first, first + count)]
    return {"files": {"wandb-history.jsonl": {"offset": first, "content": content}}}


class Writer(threading.Thread):
    """Sends a run's batches, each to the next server; now and then one twice, or one that overlaps what was sent."""

    def __init__(self, run: RunUnderTest, seed: int):
        super().__init__()
        self.run_, self.acknowledged, self.must_stop, self.failure = run, 0, threading.Event(), None
        self.random = random.Random(seed)

    def run(self):
        try:
            while not self.must_stop.is_set():
                again = self.random.choice((0, 0, 0, 1, ROWS)) if self.acknowledged > 0 else 0
                answer = self.run_.post(body_of(self.acknowledged - again, ROWS + again))
                assert answer.status_code == 200, answer.text
                self.acknowledged += ROWS
        except BaseException as failure:  # told by the test
            self.failure = failure


def write_through(disturb, servers, run_count: int = 4):
    """Writes while disturb() does its worst: what was answered is there, once, at every server."""
    writers = [Writer(open_run(servers, f"run{number}"), number) for number in range(run_count)]
    for writer in writers:
        writer.start()
    try:
        disturb()
    finally:
        for writer in writers:
            writer.must_stop.set()
        for writer in writers:
            writer.join()
    assert [writer.failure for writer in writers] == [None] * run_count
    assert all(writer.acknowledged > 0 for writer in writers)
    for writer in writers:
        for server in servers:
            rows = RunUnderTest(Client(server), "faults", writer.run_.name).read()["rows"]
            assert [row["_step"] for row in rows] == list(range(writer.acknowledged))
            assert all(row["value"] == row["_step"] * 0.25 for row in rows)
    return writers


def wait_until(claim, limit_s: float, what: str):
    limit = time.monotonic() + limit_s
    while not claim():
        assert time.monotonic() < limit, f"{what}: not in {limit_s} s"
        time.sleep(0.05)


def ask(database: str, sql: str):
    with psycopg.connect(database) as connection:
        return connection.execute(sql).fetchall()


def owner_of(database: str, servers, duty: str) -> int:
    """The server that has a duty, by what it said when it took it."""
    tokens = [server.log().count(f"has the duty '{duty}' now") for server in servers]
    assert sum(tokens) >= 1
    return max(range(len(servers)), key=lambda number: servers[number].log().rfind(f"the duty '{duty}'"))


# ---- rows at any server ----


def test_rows_of_one_run_at_any_server__are_there_once_and_in_order(servers):
    write_through(lambda: time.sleep(lasting(3)), servers)


def test_servers_killed_one_at_a_time__lose_and_double_nothing(servers):
    rng = random.Random(5)

    def kill():
        for turn in rounds(6):
            time.sleep(rng.uniform(0.3, 0.8))
            server = servers[turn % SERVERS]
            server.kill()
            server.start()

    write_through(kill, servers)


def test_rolling_restart__fails_no_request(servers):
    def restart():
        for turn in rounds(SERVERS):
            server = servers[turn % SERVERS]
            time.sleep(0.5)
            assert server.stop() == 0
            server.start()
        time.sleep(0.5)

    write_through(restart, servers)


@pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed")
def test_rolling_restart_behind_haproxy__fails_no_request(servers, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    backends = "\n".join(f" server s{n} {server.listen} check inter 100" for n, server in enumerate(servers))
    config = tmp_path / "haproxy.cfg"
    config.write_text(
        "defaults\n mode http\n retries 5\n retry-on conn-failure empty-response response-timeout 503\n option redispatch 1\n"
        " timeout connect 2s\n timeout client 60s\n timeout server 60s\n"
        f"frontend f\n bind 127.0.0.1:{port}\n default_backend b\n"
        f"backend b\n balance roundrobin\n option httpchk\n http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host 127.0.0.1\n http-request set-header Host 127.0.0.1\n{backends}\n"
    )
    proxy = subprocess.Popen(["haproxy", "-f", config, "-db"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    front = SimpleNamespace(request=lambda method, path, key, **more: requests.request(
        method, f"http://127.0.0.1:{port}{path}", auth=("api", key), timeout=30, **more))  # fmt: skip
    failures, done, stop = [], [0], threading.Event()
    wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, 10, "the proxy listens")
    open_run(servers, "run")
    time.sleep(1)

    def write():
        while not stop.is_set():
            answer = front.request("POST", "/files/admin/faults/run/file_stream", KEY, json=body_of(done[0]))
            if answer.status_code != 200:
                failures.append((answer.status_code, answer.text))
                return
            done[0] += ROWS

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for turn in rounds(SERVERS):
            server = servers[turn % SERVERS]
            assert server.stop() == 0
            server.start()
            time.sleep(1)
    finally:
        stop.set()
        writer.join()
        proxy.kill()
        proxy.wait()
    assert failures == [] and done[0] > 0
    rows = RunUnderTest(Client(servers[0]), "faults", "run").read()["rows"]
    assert [row["_step"] for row in rows] == list(range(done[0]))


# ---- what one server does for all ----


def test_sealing__happens_once_and_goes_on_when_its_server_dies(servers, database):
    runs = [open_run(servers, f"run{number}") for number in range(6)]
    for number, run in enumerate(runs):
        assert run.post(body_of(0, 300)).status_code == 200
        if number == 3:
            owner = owner_of(database, servers, "histories")
            servers[owner].kill()
        assert run.post({"complete": True, "exitcode": 0}).status_code == 200
    wait_until(lambda: ask(database, "select count(*) from history_segments") == [(6,)], 25, "all are sealed")
    time.sleep(1.5)
    assert ask(database, "select count(*), coalesce(sum(row_count), 0) from history_segments") == [(6, 1800)]
    assert ask(database, "select coalesce(sum(tail_rows), 0) from history_runs") == [(0,)]
    servers[owner].start()
    for run in runs:
        rows = RunUnderTest(Client(servers[owner]), "faults", run.name).read()["rows"]
        assert [row["_step"] for row in rows] == list(range(300))


def test_server_that_stood_still__is_refused_what_another_has_taken_over(servers, database):
    wait_until(lambda: any("has the duty 'upkeep'" in server.log() for server in servers), 10, "somebody has the duty")
    owner = owner_of(database, servers, "upkeep")
    (before,) = ask(database, "select token from leases where name = 'upkeep'")
    servers[owner].process.send_signal(signal.SIGSTOP)
    try:
        wait_until(
            lambda: ask(database, "select token from leases where name = 'upkeep'") > [before], 15, "another takes over"
        )
    finally:
        servers[owner].process.send_signal(signal.SIGCONT)
    wait_until(lambda: "another server has taken over 'upkeep'" in servers[owner].log(), 10, "it is told")


# ---- what one server changes and the others see ----


def test_live_page_at_one_server__hears_of_rows_at_another(servers):
    run = open_run([servers[1]], "run")
    page = Page(servers[0].base_url, KEY)
    page.send({"watch": [{"entity": "admin", "project": "faults"}]})
    assert page.receive()["watching"] == [True]
    took_s = []
    for batch in range(5):
        begun = time.monotonic()
        assert run.post(body_of(batch * ROWS)).status_code == 200
        while True:
            message = page.receive()
            if message["type"] == "runs" and any(run["lines"] == (batch + 1) * ROWS for run in message["runs"]):
                break
        took_s.append(time.monotonic() - begun)
    assert sorted(took_s)[2] < 1, took_s


def test_points_that_came_in_at_one_server__are_pushed_by_another(servers):
    run = open_run([servers[1]], "pushed")
    page = Page(servers[0].base_url, KEY)
    series = {"runs": ["pushed"], "keys": ["value"], "series": [[0, 0, 0, 0]]}
    chart = {"id": 1, "entity": "admin", "project": "faults", "x": "_step", "buckets": 100, **series}
    page.send({"watch": [{"entity": "admin", "project": "faults"}], "charts": [chart]})
    assert page.receive()["charts"] == [1]
    assert run.post(body_of(0)).status_code == 200
    while not isinstance(push := page.receive_any(), bytes):
        pass
    assert struct.unpack_from("<4sIIIIId", push) == (b"BARL", 1, 1, 1, 0, 0, float(ROWS))


def test_lines_that_came_in_at_one_server__are_pushed_by_another_within_a_second(servers):
    run = open_run([servers[1]], "printed")
    page = Page(servers[0].base_url, KEY)
    place = {"entity": "admin", "project": "faults"}
    page.send({"watch": [place], "logs": [{**place, "run": "printed", "after": 0}]})
    assert page.receive()["watching"] == [True]
    took_s = []
    for number in range(5):
        begun = time.monotonic()
        assert run.post({"files": {"output.log": {"offset": number, "content": [f"line {number}"]}}}).status_code == 200
        while (message := page.receive())["type"] != "log":
            pass
        assert [line["line"] for line in message["lines"]] == [f"line {number}"]
        took_s.append(time.monotonic() - begun)
    assert sorted(took_s)[2] < 1, took_s


def test_key_revoked_at_one_server__is_refused_at_the_others_at_once(servers):
    key = servers[0].run_cli("user", "add", "carla", key=KEY).stdout.strip()
    viewer = "{ viewer { username } }"
    for server in servers:
        assert server.graphql(viewer, key=key)["viewer"]["username"] == "carla"
    number = servers[1].run_cli("key", "list", "carla", key=KEY).stdout.split()[0]
    done = servers[1].run_cli("key", "revoke", number, key=KEY)
    assert done.returncode == 0, done.stderr
    time.sleep(1)
    for server in servers:
        assert server.request("POST", "/graphql", key=key, json={"query": viewer}).status_code == 401


# ---- clocks ----


def test_clocks_ten_minutes_apart__crash_no_run_and_end_no_link(start_one, clock):
    options = ("--crash-after-s", "4")
    slow = start_one(0, *options, env=clock(-600))
    fast = start_one(1, *options, env=clock(600))
    servers = [slow, fast]
    run = open_run([slow], "run")
    state = "{ project(name: \"faults\", entityName: \"admin\") { run(name: \"run\") { state } } }"
    limit, sent, looks = time.monotonic() + lasting(9), 0, 0
    while time.monotonic() < limit or looks < 10:
        begun = time.monotonic()
        assert run.post(body_of(sent)).status_code == 200
        sent += ROWS
        time.sleep(0.5)
        states = [server.graphql(state, key=KEY)["project"]["run"]["state"] for server in servers]
        if time.monotonic() - begun < 3:  # a machine that stands still may make a run silent
            assert states == ["running", "running"]
            looks += 1
    address = run.upload_urls("a.txt")["a.txt"]
    path = "/" + address.split("/", 3)[3]
    assert fast.request("PUT", path, key=None, data=b"hello").status_code == 200


def test_other_secret__is_refused_by_name(start_one):
    start_one(0)
    with pytest.raises(RuntimeError, match="not the secret that this database's API keys were made with"):
        start_one(1, env={"BAROGRAPH_SECRET": "6f" * 32})


def test_large_file__is_put_together_by_one_server_however_many_are_asked(database, servers):
    draft = Draft(Client(*servers))
    node = draft.announce(LARGE)
    parts = put_large(draft, node, [2, 4, 1, 5, 3])
    given = {"artifactID": draft.id, "storagePath": node["storagePath"], "uploadID": node["uploadMultipartUrls"]["uploadID"],
             "completedParts": parts, "completeMultipartAction": "Complete"}  # fmt: skip
    clients = [Client(servers[number % SERVERS]) for number in range(2 * SERVERS)]
    with ThreadPoolExecutor(len(clients)) as pool:
        answers = list(pool.map(lambda client: client.graphql(COMPLETE, {"input": given}), clients))
    assert {answer["completeMultipartUploadArtifact"]["digest"] for answer in answers} == {b64(b"".join(LARGE))}
    name = hashlib.sha256(b"".join(LARGE)).hexdigest()
    assert sum((server.data / "blobs" / name[:2] / name[2:]).exists() for server in servers) == 1
    assert all(staged(server) == [] for server in servers)
    wait_until(lambda: ask(database, "select count(*) from leases where name like 'join %'") == [(0,)], 10, "the lease is gone")
