"""A disk that is full, broken, slow or read-only: writers are asked to come again, and nothing that was stored is lost."""

from __future__ import annotations

import threading
import time

import pytest
import requests

from tests.support.waiting import wait_until

RUNS = 20


@pytest.fixture
def server(disk, start):
    return start(disk.data, env=disk.env)


def retries(response) -> bool:
    return response.status_code == 503 and float(response.headers["Retry-After"]) > 0


def row_body(step: int, size: int = 10) -> dict:
    line = f'{{"_step":{step},"text":"{"x" * size}"}}'
    return {"files": {"wandb-history.jsonl": {"offset": step, "content": [line]}}}


def test_full_disk__is_503_and_all_is_well_when_there_is_room_again(disk, server, open_run):
    run = open_run(server)
    run.send_rows(0, [{"_step": 0, "text": "before"}])
    url = run.upload_urls("model.bin")["model.bin"]
    disk.fail("F")
    assert retries(run.post(row_body(1)))
    assert retries(run.post(row_body(1, 1_000_000)))
    assert retries(server.request("PUT", url, key=None, data=b"x" * 100_000))
    # Reading goes on, and whoever asks for the first time is not turned away for it.
    assert [row["text"] for row in run.read()["rows"]] == ["before"]
    disk.recover()
    assert run.post(row_body(1)).status_code == 200
    assert server.request("PUT", url, key=None, data=b"x" * 100_000).status_code == 200
    assert [row["_step"] for row in run.read()["rows"]] == [0, 1]


def test_no_room_for_a_segment__loses_no_row_and_is_sealed_later(disk, server, open_run):
    run = open_run(server)
    run.send_rows(0, [{"_step": step, "value": step} for step in range(100)])
    disk.fail("N")
    assert run.post({"complete": True, "exitcode": 0}).status_code == 200
    assert wait_until(lambda: "cannot seal" in server.log())
    assert [row["_step"] for row in run.read()["rows"]] == list(range(100))
    assert segments_of(server, run) == 0
    disk.recover()
    assert wait_until(lambda: segments_of(server, run) == 1)
    assert [row["_step"] for row in run.read()["rows"]] == list(range(100))


def segments_of(server, run) -> int:
    return server.request("GET", f"/api/runs/admin/faults/{run.name}/receipt").json()["history"]["segments"]


def test_store_that_fails_under_live_runs__is_never_a_4xx(disk, server, open_run, start):
    runs = [open_run(server, f"run{number}") for number in range(RUNS)]
    for run in runs:
        assert run.post(row_body(0)).status_code == 200
    server.run_cli("user", "add", "someone")
    disk.fail("E")
    answers = []
    for run in runs:
        for _ in range(3):
            try:
                answers.append(run.post(row_body(1)))
            except requests.ConnectionError:
                pass  # a server that cannot go on may end: the client tries again
    assert answers and all(retries(answer) for answer in answers), {answer.status_code for answer in answers}
    disk.recover()
    if server.process.poll() is not None:
        server.start()
    for run in runs:
        assert run.post(row_body(1)).status_code == 200
        assert [row["_step"] for row in run.read()["rows"]] == [0, 1]


def test_store_that_stalls__keeps_writers_waiting_and_readers_not(disk, server, open_run):
    run = open_run(server)
    run.send_rows(0, [{"_step": 0}])
    answers = []
    disk.fail("S")
    writer = threading.Thread(target=lambda: answers.append(run.post(row_body(1))))
    writer.start()
    time.sleep(0.5)
    assert answers == []
    assert len(run.read()["rows"]) == 1
    assert server.request("GET", "/healthz").status_code == 200
    disk.recover()
    writer.join(10)
    assert [answer.status_code for answer in answers] == [200]
    assert len(run.read()["rows"]) == 2


def test_read_only_folder__is_a_refusal_to_start(disk, start):
    start(disk.data, env=disk.env).stop()
    disk.fail("R")
    with pytest.raises(RuntimeError, match=r"(?i)read-only file system"):
        start(disk.data, env=disk.env)
    disk.recover()
    assert start(disk.data, env=disk.env).request("GET", "/readyz").status_code == 200
