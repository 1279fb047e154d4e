"""Shared mode: several writers of one run, at the same time."""

from __future__ import annotations

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
