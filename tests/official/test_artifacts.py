"""Artifacts with the official client of each age: logged, deduplicated, used, linked, fetched, changed and deleted."""

from __future__ import annotations

import pytest


def use_artifacts(client):
    return client.script("artifacts", entity=client.entity)


@pytest.fixture
def used(lab, age) -> dict:
    return lab.outcome(age, use_artifacts)


def test_versions__are_numbered_and_the_same_again_is_none(used):
    assert used["names"] == ["set:v0", "set:v1", "set:v1"]


def test_version__is_used_with_what_it_says(used):
    assert used["used"] == ["v0", "numbers", {"rows": 3}]


def test_references__are_kept_beside_files(used):
    assert used["manifest"] == [["a.txt", None], ["b.txt", None], ["far", "vault"], ["reference.py", "file"]]


def test_bytes__come_back_one_by_one_and_whole(used):
    assert used["single"] == "beta"
    assert used["downloaded"] == {"a.txt": "alpha", "b.txt": "changed"}
    assert "a.txt" in used["spoilt"]["message"]


def test_lineage__is_known_in_both_directions(used):
    assert [used["maker"], used["users"]] == ["maker", ["user"]]
    assert [used["run_made"], used["run_used"]] == [["set:v0", "set:v1"], ["set:v0"]]


def test_alias__moves_at_once(used):
    assert used["moved"] == ["v1", ["good", "latest"], {"rows": 4}]
    assert used["first_left"] == []
    assert used["shelf"]


def test_version_with_aliases__is_deleted_only_with_them(used):
    assert "alias" in used["refused"]["message"]
    assert used["gone"]["error"] == "CommError"
