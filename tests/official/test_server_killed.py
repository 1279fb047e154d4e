"""The server is killed, again and again, while each age's client logs: nothing is lost."""

from __future__ import annotations

import random
import time

COUNT = 150
KILLS = 6


def test_kill_9_of_the_server__loses_nothing_that_a_client_logged(make_server, age, make_client):
    server = make_server()
    client = make_client(age, server)
    started = client.start("steady", project="kills", run="survivor", resume=None, count=COUNT, pause_s=0.1, wait_s=0)
    started.wait_for("started")
    chance = random.Random(20)
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.3, 1.8))
        server.kill()
        time.sleep(chance.uniform(0.0, 0.5))
        server.start()
    assert started.wait()["interrupted"] is False
    read = client.script("read_run", path="admin/kills/survivor")
    assert [row["n"] for row in read["rows"]] == list(range(COUNT))
    assert [row["square"] for row in read["rows"]] == [n * n for n in range(COUNT)]
    assert [row["_step"] for row in read["rows"]] == list(range(COUNT))
    assert read["state"] == "finished"
    assert read["summary"]["n"] == COUNT - 1
