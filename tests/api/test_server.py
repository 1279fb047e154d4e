"""The process: its folder, its signals, its health, and that nothing acknowledged is lost when it is killed."""

from __future__ import annotations

import os
import random
import re
import stat
import threading
import time

import pytest
import requests

from tests.conftest import User
from tests.support.protocol import RunUnderTest
from tests.support.server import Server


def test_first_start__writes_the_admins_key_for_its_owner_only(make_server):
    server = make_server()
    assert stat.S_IMODE((server.data / "admin.key").stat().st_mode) == 0o600
    assert len(server.admin_key) >= 40
    viewer = server.graphql("{ viewer { username admin } }")["viewer"]
    assert viewer == {"username": "admin", "admin": True}


def test_admin_key__can_be_chosen(make_server):
    key = "chosen-" + "k" * 40
    server = make_server(env={"BAROGRAPH_ADMIN_KEY": key})
    assert server.graphql("{ viewer { username } }", key=key)["viewer"]["username"] == "admin"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/ready"])
def test_health__is_answered_without_credentials(server, path):
    assert server.request("GET", path, key=None).status_code == 200


def test_metrics__are_prometheus_text(server):
    text = server.request("GET", "/metrics", key=None).text
    assert re.search(r"^# TYPE \w+ (counter|histogram|gauge)$", text, re.MULTILINE)
    assert all(re.match(r"^(#.*|[a-zA-Z_:][\w:]*(\{.*\})? \S+)?$", line) for line in text.splitlines())


def test_term__ends_gracefully_with_status_0(make_server):
    server = make_server()
    assert server.stop() == 0


def test_second_server__on_the_same_folder_is_refused(make_server, binary):
    server = make_server()
    second = Server(binary, server.data)
    with pytest.raises(RuntimeError) as refusal:
        second.start()
    assert "ended (1)" in str(refusal.value)
    assert server.request("GET", "/healthz", key=None).status_code == 200


def test_port_in_use__is_a_refusal_to_start(make_server, binary, tmp_path):
    server = make_server()
    second = Server(binary, tmp_path / "other")
    second.listen = server.listen
    with pytest.raises(RuntimeError) as refusal:
        second.start()
    assert "ended (1)" in str(refusal.value)


def test_listening_beyond_this_machine__needs_tls_or_insecure(binary, tmp_path):
    server = Server(binary, tmp_path / "data")
    server.listen = "0.0.0.0:0"
    with pytest.raises(RuntimeError) as refusal:
        server.start()
    assert "insecure" in str(refusal.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes where it may not")
def test_folder_that_cannot_be_written__is_a_refusal_to_start(binary, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir(mode=0o500)
    with pytest.raises(RuntimeError):
        Server(binary, folder).start()


@pytest.mark.parametrize("arguments", [["nonsense"], ["server", "--nonsense"], ["server", "--listen"], []])
def test_wrong_usage__is_status_2(server, arguments):
    done = server.run_cli(*arguments)
    assert done.returncode == 2
    assert done.stderr and not done.stdout


def test_restart__has_what_was_there(make_server):
    server = make_server()
    run = RunUnderTest(User(server, "someone"), "p", "r", {"a": {"value": 1}})
    run.send_rows(0, [{"_step": 0, "x": 1}], complete=True, exitcode=0)
    run.put("f.txt", b"content")
    before = run.read()
    server.restart()
    assert run.read() == before
    assert run.server.request("GET", run.files()["f.txt"]["url"], key=run.user.key).content == b"content"


class Writer(threading.Thread):
    """Sends one line after another and remembers which were acknowledged."""

    def __init__(self, run: RunUnderTest, stop: threading.Event):
        super().__init__()
        self.run_, self.stop, self.acknowledged, self.statuses = run, stop, 0, set()
        self.start()

    def run(self):
        while not self.stop.is_set():
            line = '{"_step":%d,"v":%d}' % (self.acknowledged, self.acknowledged * 7)
            body = {"files": {"wandb-history.jsonl": {"offset": self.acknowledged, "content": [line]}}}
            try:
                status = self.run_.post(body, timeout=5).status_code
            except requests.RequestException:
                time.sleep(0.01)
                continue
            self.statuses.add(status)
            if status == 200:
                self.acknowledged += 1


def test_kill_9_in_a_loop__loses_no_acknowledged_line(make_server):
    server = make_server()
    user = User(server, "writer")
    runs = [RunUnderTest(user, "p", f"r{n}") for n in range(4)]
    stop = threading.Event()
    writers = [Writer(run, stop) for run in runs]
    chance = random.Random(9)
    for _ in range(8):
        time.sleep(chance.uniform(0.1, 0.6))
        server.kill()
        server.start()
    stop.set()
    for writer in writers:
        writer.join()
    for run in runs:  # ending a run moves its rows into a file: killed at that moment, too
        assert run.post({"complete": True, "exitcode": 0}).status_code == 200
    server.kill()
    server.start()
    for run, writer in zip(runs, writers):
        assert not {status for status in writer.statuses if 400 <= status < 500}
        assert writer.acknowledged > 20
        values = [row["v"] for row in run.read()["rows"]]
        assert values[: writer.acknowledged] == [n * 7 for n in range(writer.acknowledged)]
        assert len(values) <= writer.acknowledged + 1
