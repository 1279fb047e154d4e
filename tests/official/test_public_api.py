"""What the public API changes, and how it lists runs."""

from __future__ import annotations

import pytest

PROJECT = "api-writes"

EXPECTED = {
    "none": ["r0", "r1", "r2", "r3", "r4"],
    "pages": ["r0", "r1", "r2", "r3", "r4"],
    "newest_first": ["r4", "r3", "r2", "r1", "r0"],
    "config": ["r3", "r4"],
    "config_value": ["r1", "r3"],
    "nested": ["r0", "r1"],
    "state": ["r4"],
    "and_or": ["r2", "r4"],
    "nor": ["r1", "r2", "r3"],
    "in": ["r1", "r2"],
    "nin": ["r0", "r3", "r4"],
    "ne": ["r0", "r2", "r4"],
    "exists": ["r3"],
    "regex": ["r1", "r2"],
    "tags": ["r3", "r4"],
    "tags_in": ["r3", "r4"],
    "not_tagged": ["r0", "r1", "r2"],
    "summary": ["r2", "r4"],
    "by_summary": ["r4", "r2", "r1", "r0", "r3"],
    "by_summary_down": ["r0", "r1", "r2", "r4", "r3"],
    "by_config": ["r4", "r3", "r2", "r1", "r0"],
    "created": ["r0", "r1", "r2", "r3", "r4"],
    "nothing": [],
}


def use_the_api(client):
    return {**client.script("api_writes", project=PROJECT, entity=client.entity), "entity": client.entity}


@pytest.fixture
def used(lab, age) -> dict:
    return lab.outcome(age, use_the_api)


@pytest.mark.parametrize("name", EXPECTED)
def test_runs__are_filtered_and_ordered(used, name):
    assert used["filters"][name] == EXPECTED[name]


def test_runs__unknown_operator_is_an_error_that_names_it(used):
    assert "$near" in used["filters"]["broken"]["message"]


def test_runs__length_follows_the_filter(used):
    assert used["length"] == 3


def test_viewer__is_the_keys_owner(used):
    assert used["viewer"] == used["default_entity"] == used["entity"]
    assert PROJECT in used["projects"]


def test_update__is_read_back(used):
    updated = used["updated"]
    assert (updated["name"], updated["notes"], updated["tags"]) == ("renamed", "new notes", ["changed"])
    assert (updated["config"]["n"], updated["config"]["added"], updated["config"]["kind"]) == (100, "new", "even")
    assert updated["summary"]["score"] == 0.75 and updated["summary"]["loss"] == 10
    assert updated["rows"] == [10]


def test_file__is_uploaded_read_and_deleted(used):
    assert used["file"] == "sent afterwards"
    assert "folder/sent.txt" not in used["files_after"]
    assert "config.yaml" in used["files_after"]


def test_restore__brings_a_file_back(used):
    assert "kind:" in used["restored"]


def test_missing_file__is_told_in_words(used):
    assert used["missing_file"] == ["nowhere.txt", 0, "ValueError"]


def test_create__makes_runs_and_projects(used):
    assert used["created"]["id"] == "made"
    assert used["created"]["state"] in ("running", "pending")
    assert used["made_project"]


def test_wait_until_finished__returns(used):
    assert used["waited"] == "finished"


def test_delete__removes_the_run(used):
    assert "r2" not in used["after_delete"] and "r1" in used["after_delete"]
    assert "Could not find run" in used["deleted"]["message"]
