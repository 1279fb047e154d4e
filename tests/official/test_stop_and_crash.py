"""Runs that the server stops, runs whose machine dies, and what comes after."""

from __future__ import annotations

import time

import pytest

from tests.support.server import Server

STATE = "query Q($e: String!, $p: String!, $r: String!) { project(name: $p, entityName: $e) { run(name: $r) { id state historyLineCount } } }"
STOP = "mutation S($id: ID!) { stopRun(input: {id: $id}) { success } }"
CRASH_AFTER_S = 3


def run_of(server, entity, project, name) -> dict | None:
    found = server.graphql(STATE, {"e": entity, "p": project, "r": name})["project"]
    return found and found["run"]


def wait_for_state(server, entity, project, name, state, limit_s=30.0) -> None:
    limit = time.monotonic() + limit_s
    while (run_of(server, entity, project, name) or {}).get("state") != state:
        assert time.monotonic() < limit, f"{name} is {run_of(server, entity, project, name)}, expected {state}"
        time.sleep(0.1)


def wait_for_lines(server, entity, project, name, count, limit_s=60.0) -> None:
    """Until the rows have left the machine."""
    limit = time.monotonic() + limit_s
    while (found := run_of(server, entity, project, name) or {}).get("historyLineCount", 0) < count:
        assert time.monotonic() < limit, f"{name} is {found}, expected {count} lines"
        time.sleep(0.1)


def stop_it(client):
    """Stops a run while it logs; answers how its script ended and what the server says of it."""
    server, entity = client.server, client.entity
    started = client.start("steady", project="stop", run="stopme", resume=None, count=900, pause_s=0.1, wait_s=0)
    started.wait_for("started")
    wait_for_state(server, entity, "stop", "stopme", "running")
    answer = server.graphql(STOP, {"id": run_of(server, entity, "stop", "stopme")["id"]})
    result = started.wait(status=None)
    return {**result, **answer["stopRun"], "state": run_of(server, entity, "stop", "stopme")["state"]}


@pytest.fixture
def stopped(lab, age) -> dict:
    return lab.outcome(age, stop_it)


def test_stop__reaches_the_client_and_ends_it(stopped):
    assert stopped["success"]
    assert stopped["interrupted"] and stopped["at"] < 890


def test_stop__leaves_the_run_ended(stopped):
    assert stopped["state"] in ("failed", "killed", "finished")


@pytest.fixture(scope="module")
def quick(binary, tmp_path_factory):
    """A server that calls a run crashed after CRASH_AFTER_S."""
    data = tmp_path_factory.mktemp("quick") / "data"
    server = Server(binary, data, ("--crash-after-s", str(CRASH_AFTER_S))).start()
    yield server
    server.stop()


def test_crash__is_seen_when_a_client_dies_and_undone_when_it_resumes(quick, age, make_client):
    client = make_client(age, quick)
    project = "crash-" + age.replace(".", "-")
    started = client.start("steady", project=project, run="dies", resume="auto", count=5, pause_s=0.05, wait_s=600)
    started.wait_for("logged")
    wait_for_lines(quick, "admin", project, "dies", 5)
    started.kill()
    wait_for_state(quick, "admin", project, "dies", "crashed")
    again = client.script("resume_auto", project=project)
    assert again["id"] == "dies"
    read = client.script("read_run", path=f"admin/{project}/dies")
    assert read["state"] == "finished"
    assert [row["n"] for row in read["rows"]] == [0, 1, 2, 3, 4, 100]
