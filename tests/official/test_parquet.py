"""Histories of finished runs, which 0.31.0 reads as Parquet files and the others row by row."""

from __future__ import annotations

import pyarrow.parquet
import pytest

from tests.official.compare import assert_same, logged
from tests.official.scripts import values

PROJECT = "numbers"
COUNT = 2500


def write_and_read(client):
    client.script("write_numbers", project=PROJECT, run="long", count=COUNT)
    path = f"{client.entity}/{PROJECT}/long"
    return {**client.script("read_numbers", path=path), "home": str(client.home), "path": path}


@pytest.fixture
def read(lab, age) -> dict:
    return lab.outcome(age, write_and_read)


def test_scan__of_a_finished_run_has_every_row(read):
    assert read["state"] == "finished"
    assert_same(values.numbers(COUNT), logged(read["scan"]))


def test_scan__is_the_same_from_the_clients_cache(read):
    assert_same(read["scan"], read["again"])


def test_scan__of_keys_has_every_row(read):
    expected = [{"loss": row["loss"], "count": row["count"]} for row in values.numbers(COUNT)]
    assert_same(expected, logged(read["keys"]))


def test_scan__of_a_range_has_that_range(read):
    assert [row["_step"] for row in read["range"]] == list(range(995, 1005))


def test_finished_run__hands_out_its_whole_history_as_parquet(read, server):
    entity, project, run = read["path"].split("/")
    query = """query Q($entity: String!, $project: String!, $run: String!) {
        project(name: $project, entityName: $entity) { run(name: $run) {
            parquetHistory(liveKeys: ["_step"]) { parquetUrls liveData } } } }"""
    variables = {"entity": entity, "project": project, "run": run}
    answer = server.graphql(query, variables)["project"]["run"]["parquetHistory"]
    assert answer["parquetUrls"] and answer["liveData"] == []
    steps = []
    for url in answer["parquetUrls"]:
        response = server.request("GET", url, key=None)  # the client sends no credentials either
        assert response.status_code == 200
        table = pyarrow.parquet.read_table(pyarrow.BufferReader(response.content))
        assert {"_step", "loss", "count", "wave", "flag"} <= set(table.column_names)
        steps += table["_step"].to_pylist()
    assert steps == list(range(COUNT))


def test_exports__are_downloaded(read, age):
    if age != "0.31.0":
        pytest.skip(f"wandb {age} has no exports")
    assert isinstance(read["exported"], list) and read["exported"]
