"""Registries of an organisation with the official client's own API."""

from __future__ import annotations

import pytest

from tests.conftest import User
from tests.official.client import AGES

ORG, TEAM = "reg-org", "reg-team"


def use_registry(client):
    server, other = client.server, "reg-other"
    server.add_user(other)
    for command in (
        ("org", "add", ORG, "--admin", client.entity),
        ("org", "member", ORG, other, "--role", "member"),
        ("team", "add", TEAM, "--org", ORG, "--admin", client.entity),
    ):
        done = server.run_cli(*command)
        assert done.returncode == 0, done.stderr
    return client.script("registry", org=ORG, entity=client.entity, other=other, team=TEAM)


@pytest.fixture
def used(lab) -> dict:
    return lab.newest(use_registry)


def test_registry__is_made_once(used):
    assert used["created"] == [
        "models", "wandb-registry-models", "organization", False, ["model"], "what is served", "restricted", True]  # fmt: skip
    assert "already exists" in used["again"]["message"]
    assert "nowhere-at-all" in used["no_org"]["message"]


def test_version__is_linked_into_it(used):
    assert used["linked"] == [ORG, "wandb-registry-models", "net:v2", "net:v2", True]


def test_link__is_refused_in_words(used):
    assert "takes no artifacts of type 'dataset', only 'model'" in used["wrong_type"]["message"]
    assert "not found" in used["no_registry"]["message"]


def test_registries__are_found_by_filters(used):
    assert used["registries"] == ["anything", "models"]
    assert (used["by_name"], used["by_regex"], used["described"]) == (["models"], ["anything"], ["models"])


def test_collections__are_found_by_filters(used):
    assert used["collections"] == ["net", "numbers"]
    assert (used["tagged_collections"], used["no_collections"]) == (["net"], [])


def test_versions__are_found_by_filters(used):
    assert used["versions"] == [["net:v2", "v2", ["latest"]], ["net:v1", "v1", ["prod"]], ["net:v0", "v0", []]]
    assert used["prod"] == [["net:v1", "v1", ["prod"]]]
    assert used["good"] == used["accurate"] == [["net:v2", "v2", ["latest"]]]
    assert used["v0"] == [["net:v0", "v0", []]]
    assert used["bad_filter"]["error"]


def test_version__is_fetched_by_its_path(used):
    assert used["by_path"] == used["short_path"] == {"acc": 0.25}
    assert used["downloaded"] == "weights 1"


def test_registry__is_changed_and_renamed(used):
    assert used["saved"] == ["served", ["dataset", "model"]]
    assert used["renamed"] == ["served", ["anything", "served"]]


def test_members__come_change_and_go(used, lab):
    me = [lab.client("0.31.0").entity, "admin"]
    assert used["members"] == [
        [me],
        [me, ["reg-other", "member"], [TEAM, "member"]],
        [me, ["reg-other", "viewer"], [TEAM, "member"]],
        [me],
    ]
    assert used["bad_role"]["error"] and used["not_member"]["error"]


def test_unlink_and_delete__take_away(used):
    assert used["unlinked"] == []
    assert used["deleted"] == ["served"] and used["loaded"] == "wandb-registry-served"
    assert "anything" in used["missing"]["message"]


# ---- what comes from a project that is closed to the reader, under a protected alias ----

ADD = """mutation($input: UpsertModelInput!) { upsertModel(input: $input) { project { id } } }"""
PROTECT = "mutation($input: UpdateProtectedAliasesInput!) { updateProtectedAliases(input: $input) { project { protectedAliases } } }"


@pytest.fixture
def read(age, server, make_client) -> dict:
    """What the member's script says, and what it printed."""
    org, owner, reader = (f"{what}-{age.replace('.', '-')}" for what in ("shelf-org", "shelf-owner", "shelf-reader"))
    admin, member = User(server, owner), User(server, reader)
    for command in (("org", "add", org, "--admin", owner), ("org", "member", org, reader, "--role", "member")):
        done = server.run_cli(*command)
        assert done.returncode == 0, done.stderr
    made = admin.graphql(ADD, {"input": {"entityName": org, "name": "wandb-registry-shelf"}})["upsertModel"]["project"]
    admin.graphql(PROTECT, {"input": {"projectId": made["id"], "aliasesToAdd": ["prod"]}})
    make_client(AGES[0], server, owner, admin.key).script("registry_owner", org=org)
    started = make_client(age, server, reader, member.key).start("registry_reader", org=org, owner=owner)
    return {**started.wait(), "printed": started.text, "org": org}


def test_member__reads_a_version_from_a_closed_project_and_leaves_its_protected_alias(read, age):
    assert read["found"] == ["net", "model", {"number": 1}, 9]
    assert (read["downloaded"], read["used"]) == ([["1.txt", "weights 1"]], [["0.txt", "weights 0"]])
    assert read["inputs"] == ["model"]
    assert read["source"]["error"]
    assert "prod" in read["held"]
    refusal = f"the alias 'prod' is protected: only administrators of '{read['org']}/wandb-registry-shelf' may set it or take it away"
    for what in ("promoted", "demoted"):
        assert refusal in (read[what] or {"message": ""})["message"] + read["printed"], (what, read[what], read["printed"])
    if age != "0.16.6":  # which does not wait to hear what became of a link
        assert refusal in read["printed"].partition("LINKING")[2] + str(read["link_refused"])
