"""What a server refuses to start on, and how it ends."""

from __future__ import annotations

import base64
import socket
import sqlite3
import threading
import time

import pytest

from tests.support.waiting import wait_until


def test_second_server_on_a_folder__refuses_and_the_first_goes_on(tmp_path, start, open_run):
    first = start(tmp_path / "data")
    run = open_run(first)
    log = first.log_path
    with pytest.raises(RuntimeError) as refused:
        start(tmp_path / "data")
    assert str(first.process.pid) in str(refused.value), log.read_text()
    run.send_rows(0, [{"_step": 0}])
    assert len(run.read()["rows"]) == 1


def test_folder_of_a_killed_server__can_be_opened_again(tmp_path, start):
    first = start(tmp_path / "data")
    first.kill()
    assert start(tmp_path / "data").request("GET", "/readyz").status_code == 200


def test_database_of_a_newer_version__is_refused_and_left_as_it_is(tmp_path, start, open_run):
    server = start(tmp_path / "data")
    open_run(server).send_rows(0, [{"_step": 0, "a": 1}])
    server.stop()
    database = tmp_path / "data" / "barograph.db"
    with sqlite3.connect(database) as connection:
        columns = [row[1] for row in connection.execute("pragma table_info(schema_version)")]
        last = connection.execute("select * from schema_version order by version desc limit 1").fetchone()
        newer = dict(zip(columns, last)) | {"version": 9999, "oldest_writer": "999.0.0"}
        places = ", ".join("?" * len(columns))
        connection.execute(f"insert into schema_version ({', '.join(newer)}) values ({places})", list(newer.values()))
    connection.close()
    before = database.read_bytes()
    with pytest.raises(RuntimeError, match="999.0.0"):
        start(tmp_path / "data")
    assert database.read_bytes() == before


def test_database_that_is_none__is_refused_and_left_as_it_is(tmp_path, start):
    (tmp_path / "data").mkdir()
    database = tmp_path / "data" / "barograph.db"
    database.write_bytes(b"this is no database " * 500)
    before = database.read_bytes()
    with pytest.raises(RuntimeError, match="(?i)database"):
        start(tmp_path / "data")
    assert database.read_bytes() == before


def test_sigterm__finishes_what_is_in_flight_and_exits_0(tmp_path, start, open_run):
    server = start(tmp_path / "data")
    run = open_run(server)
    host, port = server.base_url.split("//")[1].split(":")
    line = '"{\\"_step\\":0,\\"a\\":1}"'
    body = f'{{"files":{{"wandb-history.jsonl":{{"offset":0,"content":[{line}]}}}}}}'.encode()
    auth = base64.b64encode(f"api:{server.admin_key}".encode()).decode()
    with socket.create_connection((host, int(port)), timeout=20) as peer:
        peer.sendall(
            f"POST /files/admin/faults/{run.name}/file_stream HTTP/1.1\r\nHost: {host}:{port}\r\n"
            f"Authorization: Basic {auth}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body[:20]
        )
        time.sleep(0.3)
        server.process.terminate()
        time.sleep(0.3)
        with pytest.raises(OSError):
            socket.create_connection((host, int(port)), timeout=5).close()
        peer.sendall(body[20:])
        assert peer.recv(4096).startswith(b"HTTP/1.1 200")
    assert server.process.wait(20) == 0
    server.start()
    assert [row["a"] for row in run.read()["rows"]] == [1]


def test_sigterm_under_load__answers_or_closes_but_loses_nothing(tmp_path, start, open_run):
    server = start(tmp_path / "data")
    run = open_run(server)
    acknowledged, refused = [], []

    def write():
        for step in range(100_000):
            try:
                response = run.post({"files": {"wandb-history.jsonl": {"offset": step, "content": [f'{{"_step":{step}}}']}}})
            except OSError:
                return
            if response.status_code == 200:
                acknowledged.append(step)
            elif response.status_code < 500:
                refused.append(response.status_code)

    writer = threading.Thread(target=write)
    writer.start()
    time.sleep(0.5)
    assert server.stop() == 0
    writer.join(20)
    assert refused == [] and acknowledged
    server.start()
    assert [row["_step"] for row in run.read()["rows"]][: len(acknowledged)] == acknowledged


def ends_in_order(server) -> bool:
    """Whether a request that crosses with the end of an idle connection meets that end, and no reset."""
    host, port = server.base_url.split("//")[1].split(":")
    request = f"GET /healthz HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
    with socket.create_connection((host, int(port)), timeout=20) as peer:
        peer.sendall(request)
        assert peer.recv(4096).startswith(b"HTTP/1.1 200")
        server.process.terminate()
        try:
            while peer.recv(4096):
                pass
            peer.sendall(request)
            time.sleep(0.05)  # for the reset, if there is one
            peer.sendall(request)
            return True
        except (ConnectionResetError, BrokenPipeError):
            return False


def test_sigterm__ends_idle_connections_in_order(tmp_path, start):
    """A proxy asks another server when nothing came back, and answers 502 for a reset. A busy machine may be too late for one."""
    server = start(tmp_path / "data")
    for _ in range(5):
        was_in_order = ends_in_order(server)
        assert server.process.wait(20) == 0
        if was_in_order:
            return
        server.start()
    raise AssertionError("each connection was reset")


def test_wall_clock_an_hour_from_the_kernels__holds_up_no_pause(tmp_path, start, open_run, clock):
    """As when somebody sets it back while a thread waits: what is done every few seconds must not wait an hour for its turn."""
    server = start(tmp_path / "data", "--crash-after-s", "1", env=clock(3600))
    run = open_run(server, "silent")
    wait_until(lambda: run.read()["state"] == "crashed")
