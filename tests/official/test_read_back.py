"""What was logged is what is read back, by the same age's public API."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from tests.official.compare import assert_same, logged, unspelled
from tests.official.scripts import values

PROJECT = "read-back"


def write_and_read(client):
    written = client.script("write_everything", project=PROJECT, run="everything")
    path = f"{client.entity}/{PROJECT}/everything"
    return {**client.script("read_everything", path=path), "written": written, "entity_expected": client.entity}


@pytest.fixture
def read(lab, age) -> dict:
    return lab.outcome(age, write_and_read)


def scalar_rows(rows: list[dict]) -> list[dict]:
    """The rows of values.rows(), without the row of media that follows them."""
    return logged(rows)[: values.ROW_COUNT]


def of_keys(rows: list[dict], *keys: str) -> list[dict]:
    return [{key: row[key] for key in keys if key in row} for row in rows]


def test_history__has_every_row_with_every_value(read):
    assert_same(values.rows(), scalar_rows(read["history"]))


def test_history__numbers_its_rows_by_step(read):
    assert [row["_step"] for row in read["history"]] == list(range(values.ROW_COUNT + 1))
    assert all(row["_timestamp"] > 1.7e9 and row["_runtime"] >= 0 for row in read["history"])


def test_scan_history__has_every_row_with_every_value(read):
    assert_same(values.rows(), scalar_rows(read["scan"]))


def test_scan_history__is_the_same_whatever_its_page_size(read):
    assert_same(read["scan"], read["scan_small_pages"])


def test_scan_history__keeps_to_its_range_of_steps(read):
    assert [row["_step"] for row in read["scan_range"]] == [3, 4, 5, 6]


def test_scan_history__of_keys_has_the_rows_that_have_them_all(read):
    assert_same(of_keys(values.rows(), "i", "third"), of_keys(read["scan_keys"], "i", "third"))
    sparse = [{"sparse": row["sparse"]} for row in values.rows() if "sparse" in row]
    assert_same(sparse, of_keys(read["scan_sparse"], "sparse"))


def test_scan_history__of_keys_neither_repeats_nor_drops_a_row_between_pages(read):
    assert [row["i"] for row in read["scan_keys_pages"]] == list(range(values.ROW_COUNT))


def test_scan_history__of_keys_leaves_out_the_last_step_of_its_range(read):
    assert [row["i"] for row in read["scan_keys_range"]] == [3, 4, 5, 6]


def test_sampled_history__has_every_row_when_there_are_few(read):
    assert_same(of_keys(values.rows(), "i", "third"), of_keys(read["history_keys"], "i", "third"))
    sparse = [{"sparse": row["sparse"]} for row in values.rows() if "sparse" in row]
    assert_same(sparse, of_keys(read["history_sparse"], "sparse"))


def test_sampled_history__keeps_not_a_number(read):
    expected = [{"nan": float("nan")}] * values.ROW_COUNT
    assert_same(expected, of_keys(unspelled(read["history_nan"]), "nan"))


def test_sampled_history__thins_to_about_what_was_asked(read):
    assert 2 <= len(read["history_few"]) <= 8


def test_history_keys__tell_the_last_step(read):
    assert read["last_step"] == values.ROW_COUNT


def test_media__are_references_whose_files_are_there(read):
    row = read["history"][values.ROW_COUNT]
    types = {key: row[key]["_type"] for key in ("histogram", "image", "table", "html")}
    assert types == {"histogram": "histogram", "image": "image-file", "table": "table-file", "html": "html-file"}
    for key in ("image", "table", "html"):
        assert row[key]["path"] in read["files"]
    table = json.loads(read["files"][row["table"]["path"]]["content"])
    assert table["data"] == [[1, "x"], [2, "y"]]
    assert read["files"][row["html"]["path"]]["content"] == "<b>bold</b>"
    assert (row["image"]["width"], row["image"]["height"], row["image"]["caption"]) == (5, 4, "black")


def test_config__is_what_was_given_and_added(read):
    config = {key: value for key, value in read["config"].items() if not key.startswith("_")}
    assert_same({**values.CONFIG, "later": "added"}, config)


def test_summary__has_the_last_values_and_the_users_own(read, age):
    last = values.row(values.ROW_COUNT - 1)
    nested = ("nested",) if age != "0.16.6" else ()  # which leaves nested values out of its summary
    for key in ("i", "third", "text", "flag", "list", "path/with/slashes", *nested):
        assert_same(last[key], read["summary"][key])
    assert read["summary"]["best"] == 0.5
    assert read["summary"]["deep"]["er"]["value"] == 7
    if age != "0.16.6":  # which goes on sending what was removed
        assert "removed" not in read["summary"]
    assert read["summary"]["_step"] == values.ROW_COUNT


def test_summary__follows_define_metric(read):
    assert read["summary"]["acc"]["max"] == 4


def test_attributes__are_what_init_was_given(read):
    assert read["id"] == "everything"
    assert read["name"] == "the first"
    assert read["notes"] == "some\nnotes é"
    assert sorted(read["tags"]) == ["green", "red"]
    assert read["group"] == "a group"
    assert read["job_type"] == "training"
    assert read["state"] == "finished"
    assert read["entity"] == read["user"] == read["entity_expected"]


def test_files__are_all_there_with_their_bytes(read):
    standard = {"config.yaml", "wandb-metadata.json", "wandb-summary.json", "requirements.txt", "output.log"}
    assert standard | {"saved.txt"} <= set(read["files"])
    assert read["files"]["saved.txt"]["content"] == "saved text"
    assert read["one_file"] == "saved.txt"
    for name, file in read["files"].items():
        if "\ufffd" not in file["content"]:
            assert int(file["size"]) == len(file["content"].encode()), name


def test_empty_file__is_there_too(read, age):
    if age == "0.16.6":
        pytest.skip("wandb 0.16.6 does not send empty files")
    assert read["files"]["empty.bin"]["size"] == 0


def test_files__tell_the_md5_of_their_bytes(read):
    saved = read["files"]["saved.txt"]
    digest = hashlib.md5(b"saved text").digest()
    assert saved["md5"] in (digest.hex(), base64.b64encode(digest).decode())


def test_metadata__is_the_clients(read):
    assert read["metadata"]["program"].endswith("write_everything.py")
    assert read["metadata"]["python"]


def test_console__is_a_file_with_its_carriage_returns_resolved(read):
    lines = read["files"]["output.log"]["content"].splitlines()
    assert {"to stdout", "progress 3", "to stderr é"} <= set(lines)
    assert "progress 1" not in lines


def test_console__is_answered_line_by_line(lab, age, read, server):
    query = """query Q($entity: String!) { project(name: "read-back", entityName: $entity) {
        run(name: "everything") { logLineCount logLines(first: 100) {
            edges { node { number line level timestamp } } pageInfo { hasNextPage } } } } }"""
    run = server.graphql(query, {"entity": read["entity_expected"]})["project"]["run"]
    nodes = [edge["node"] for edge in run["logLines"]["edges"]]
    levels = {node["line"].rstrip("\n"): node["level"] for node in nodes}
    assert {"to stdout", "progress 3", "to stderr é"} <= set(levels)
    assert levels["to stderr é"] == "error" and levels["to stdout"] in (None, "", "info")
    assert [node["number"] for node in nodes] == list(range(run["logLineCount"]))
    assert all(node["timestamp"] for node in nodes)


def test_missing_run__is_said_to_be_missing(read):
    assert "Could not find run" in read["missing_run"]["message"]
