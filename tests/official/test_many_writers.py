"""Shared mode: several writers of one run, at the same time."""

from __future__ import annotations

import time

import pytest

PROJECT = "shared"
AGES = ("0.31.0", "0.21.4")
COUNT = 20


def write_together(client):
    if client.age not in AGES:
        return None
    common = {"project": PROJECT, "run": "together", "count": COUNT}
    others = [client.start("writer", label=label, primary=False, wait_for=[], **common) for label in ("two", "three")]
    results = [str(writer.result) for writer in others]
    primary = client.start("writer", label="one", primary=True, wait_for=results, **common)
    for writer in (*others, primary):
        writer.wait()
    return client.script("read_run", path=f"{client.entity}/{PROJECT}/together")


def state_of(client, run):
    query = "query ($e: String, $p: String, $r: String!) { project(entityName: $e, name: $p) { run(name: $r) { state } } }"
    answer = client.server.graphql(query, {"e": client.entity, "p": PROJECT, "r": run}, key=client.env["WANDB_API_KEY"])
    return answer["project"]["run"]["state"]


def write_after_the_primary(client):
    """The primary writer ends, then another begins; then the primary is started once more."""
    if client.age not in AGES:
        return None
    common = {"project": PROJECT, "run": "late", "count": 3}
    client.script("writer", label="one", primary=True, wait_for=[], **common)
    client.script("writer", label="two", primary=False, wait_for=[], **common)
    late = client.script("read_run", path=f"{client.entity}/{PROJECT}/late")
    go_on = client.home / "go-on"
    again = client.start("writer", label="one", primary=True, wait_for=[str(go_on)], **common)
    limit = time.monotonic() + 30
    while state_of(client, "late") != "running" and time.monotonic() < limit:
        time.sleep(0.1)
    restarted = state_of(client, "late")
    go_on.touch()
    again.wait()
    return {"late": late, "restarted": restarted, "ended": state_of(client, "late")}


@pytest.fixture
def late(lab, age) -> dict:
    if age not in AGES:
        pytest.skip(f"wandb {age} has no shared mode")
    return lab.outcome(age, write_after_the_primary)


@pytest.fixture
def read(lab, age) -> dict:
    if age not in AGES:
        pytest.skip(f"wandb {age} has no shared mode")
    return lab.outcome(age, write_together)


@pytest.mark.parametrize("label", ["one", "two", "three"])
def test_shared_run__has_every_row_of_each_writer(read, label):
    key = f"from_{label}"
    assert sorted(row[key] for row in read["rows"] if row.get(key) is not None) == list(range(COUNT))


def test_shared_run__mixes_no_rows(read):
    assert len(read["rows"]) == 3 * COUNT
    for row in read["rows"]:
        label, n = row["common"].split("-")
        assert row[f"from_{label}"] == int(n)


def test_shared_run__is_finished_when_its_primary_writer_is(read):
    assert read["state"] == "finished"


def test_late_writer__adds_its_rows_to_a_run_that_stays_finished(late):
    assert sorted(row["from_two"] for row in late["late"]["rows"] if row.get("from_two") is not None) == [0, 1, 2]
    assert late["late"]["state"] == "finished"


def test_primary_writer__may_begin_again(late):
    assert late["restarted"] == "running"
    assert late["ended"] == "finished"
