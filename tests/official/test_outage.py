"""The server is away for as long as the client's retries last at most; with their waits shortened by forty."""

from __future__ import annotations

import time

COUNT = 12
AWAY_S = 15  # of the 20 waits of up to 1.5 s that stand for 20 of up to 60 s


def test_an_outage__costs_a_run_neither_rows_nor_files(make_server, age, make_client):
    server = make_server()
    client = make_client(age, server)
    go_on = client.home / "go-on"
    started = client.start("outage", project="outage", run="patient", count=COUNT, go_on=str(go_on))
    started.wait_for("a third")
    server.kill()
    go_on.touch()  # rows and files go on while nobody is there
    time.sleep(AWAY_S)
    server.start()
    started.wait()
    read = client.script("read_run", path="admin/outage/patient")
    assert [row["n"] for row in read["rows"]] == list(range(COUNT))
    assert {f"part-{n}.txt" for n in range(COUNT)} <= set(read["files"])
    assert read["state"] == "finished"
