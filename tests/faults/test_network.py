"""Between a server and what it stands on: a bucket that answers oddly, or not at all, or is full; a database that cannot be
reached. Clients see delay; nothing that was acknowledged is lost or doubled, and the log says what happened."""

from __future__ import annotations

import threading
import time

import pytest
import requests

from tests.faults.length import ANSWER_LIMIT_S, lasting, rounds
from tests.faults.test_bucket import forget_cache, get, put, wait_until_sealed
from tests.faults.test_postgres import ingest_through
from tests.support.network import PASS, SILENT, Proxy, refusal
from tests.support.postgres import make_database

AWAY_S = lasting(3)


@pytest.fixture
def bucket(bucket_store):
    proxy = Proxy(bucket_store.port)
    yield proxy
    proxy.close()


@pytest.fixture
def server(start, bucket_store, bucket, tmp_path, request):
    name = "".join(c if c.isalnum() else "-" for c in request.node.name.lower())
    address = f"s3://network/{name}?endpoint=http://127.0.0.1:{bucket.own_port}"
    return start(tmp_path / "data", "--blobs", address, env=bucket_store.env)


def later(seconds: float, action) -> threading.Timer:
    timer = threading.Timer(seconds, action)
    timer.start()
    return timer


def put_at_last(run, name: str, content: bytes) -> None:
    """As a client does: again after a 503 and after it has waited long enough."""
    limit = time.monotonic() + ANSWER_LIMIT_S
    while True:
        try:
            status = put(run, name, content)
        except requests.Timeout:
            status = 503
        if status == 200:
            return
        assert status == 503 and time.monotonic() < limit, status


@pytest.mark.parametrize("mode", [refusal(500, "InternalError"), refusal(503, "SlowDown"), SILENT], ids=["500", "503", "silent"])
def test_bucket_that_fails_for_a_while__only_delays(server, open_run, bucket, mode):
    run = open_run(server)
    assert put(run, "before.txt", b"before") == 200
    forget_cache(server)
    server.start()
    bucket.set(mode)
    back = later(AWAY_S, lambda: bucket.set(PASS))
    began = time.monotonic()
    put_at_last(run, "during.txt", b"during")
    assert time.monotonic() - began > AWAY_S / 2, "the bucket was not asked while it was away"
    back.join()
    assert get(run, "before.txt").content == b"before"
    forget_cache(server)
    server.start()
    assert get(run, "during.txt").content == b"during"


def test_bucket_that_fails_longer__is_503_and_rows_go_on(server, open_run, bucket):
    run = open_run(server)
    bucket.set(refusal(500, "InternalError"))
    for _ in rounds(1):
        answer = run.put("during.txt", b"during")
        assert answer.status_code == 503 and "Retry-After" in answer.headers
    run.send_rows(0, [{"_step": step, "a": step} for step in range(500)])
    assert run.post({"complete": True, "exitcode": 0}).status_code == 200
    assert [row["a"] for row in run.read()["rows"]] == list(range(500))
    assert bucket.refused > 4
    bucket.set(PASS)
    assert put(run, "during.txt", b"during") == 200
    wait_until_sealed(server)
    assert [row["a"] for row in run.read()["rows"]] == list(range(500))
    assert "500" in server.log() or "InternalError" in server.log()


def test_full_bucket__refuses_files_keeps_rows_and_says_so(server, open_run, bucket):
    run = open_run(server)
    bucket.set(refusal(507, "InsufficientStorage"))
    answer = run.put("large.bin", b"x" * 100000)
    assert answer.status_code >= 500, "a client gives up at a 4xx"
    run.send_rows(0, [{"_step": step, "a": step} for step in range(500)])
    assert run.post({"complete": True, "exitcode": 0}).status_code == 200
    time.sleep(lasting(1.5))  # the sealer has tried
    assert [row["a"] for row in run.read()["rows"]] == list(range(500))
    assert "InsufficientStorage" in server.log()
    bucket.set(PASS)
    assert put(run, "large.bin", b"x" * 100000) == 200
    wait_until_sealed(server)
    forget_cache(server)
    server.start()
    assert get(run, "large.bin").content == b"x" * 100000
    assert [row["a"] for row in run.read()["rows"]] == list(range(500))


def test_network_cut_from_the_database__loses_and_doubles_nothing(tmp_path, start, open_run, postgres, request):
    network = Proxy(postgres.port)
    database = make_database(postgres.url, "network-cut")
    server = start(tmp_path / "data", "--database", database.replace(f":{postgres.port}/", f":{network.own_port}/"))

    def cut_and_mend():
        for silence_s in (0.5, lasting(2)):
            time.sleep(0.5)
            network.set(SILENT)
            time.sleep(silence_s)
            network.cut()
            network.set(PASS)
        time.sleep(0.5)
        network.set(SILENT)  # packets are late, and come
        time.sleep(lasting(1))
        network.set(PASS)

    try:
        ingest_through(cut_and_mend, [open_run(server, f"run{number}") for number in range(4)])
        assert "connecting again" in server.log()
        assert requests.get(f"http://{server.listen}/readyz", timeout=10).status_code == 200
    finally:
        network.close()
