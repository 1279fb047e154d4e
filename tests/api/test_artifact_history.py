"""What was done to a version of an artifact, when, and by whom: for those who may read it."""

from __future__ import annotations

import pytest

from tests.api.test_artifact_addresses import log
from tests.api.test_gc import RESTORE
from tests.conftest import User
from tests.support.protocol import RunUnderTest
from tests.support.server import GraphQLError

HISTORY = """query($id: ID!, $after: String, $first: Int) { artifact(id: $id) { history(after: $after, first: $first) {
    totalCount pageInfo { endCursor hasNextPage }
    edges { node { action detail username createdAt run { name } artifactCollection { name } } } } } }"""
UPDATE = "mutation($input: UpdateArtifactInput!) { updateArtifact(input: $input) { artifact { id } } }"


def history(user, version, **page) -> dict:
    return user.graphql(HISTORY, {"id": version["id"], "first": 50, **page})["artifact"]["history"]


def actions(user, version) -> list[tuple]:
    """The oldest first."""
    nodes = [edge["node"] for edge in history(user, version)["edges"]]
    return [(node["action"], node["detail"]) for node in reversed(nodes)]


def alias(user, word: str, version, name: str) -> None:
    of = {"entityName": user.name, "projectName": "p", "artifactCollectionName": "c", "alias": name}
    mutation = "mutation($input: %sAliasesInput!) { %sAliases(input: $input) { success } }" % (word.capitalize(), word)
    user.graphql(mutation, {"input": {"artifactID": version["id"], "aliases": [of]}})


MADE = [("CREATED", ""), ("COMMITTED", ""), ("ALIAS_ADDED", "latest")]


@pytest.fixture
def version(user):
    return log(user, "p", "c", b"one")


def test_the_making_of_a_version_is_its_first_history(user, version):
    assert actions(user, version) == MADE
    first = history(user, version)["edges"][-1]["node"]
    assert (first["username"], first["run"]["name"], first["artifactCollection"]) == (user.name, "r", None)
    assert history(user, version)["edges"][0]["node"]["artifactCollection"]["name"] == "c"


def test_aliases_are_added_removed_and_move_away(user, version):
    alias(user, "add", version, "best")
    alias(user, "add", version, "best")
    alias(user, "delete", version, "best")
    alias(user, "delete", version, "best")
    assert actions(user, version)[3:] == [("ALIAS_ADDED", "best"), ("ALIAS_REMOVED", "best")]
    log(user, "p", "c", b"two")
    assert actions(user, version)[5:] == [("ALIAS_REMOVED", "latest")]


def test_only_what_an_update_changes_is_noted(user, version):
    change = {"description": "good", "metadata": '{"a":1}', "ttlDurationSeconds": 3600, "tagsToAdd": [{"tagName": "x"}, {"tagName": "y"}]}
    for _ in range(2):
        user.graphql(UPDATE, {"input": {"artifactID": version["id"], **change}})
    user.graphql(UPDATE, {"input": {"artifactID": version["id"], "tagsToDelete": [{"tagName": "x"}]}})
    assert actions(user, version)[3:] == [
        ("DESCRIPTION_CHANGED", "good"), ("METADATA_CHANGED", ""), ("TTL_CHANGED", "3600"), ("TAG_ADDED", "x"), ("TAG_ADDED", "y"),
        ("TAG_REMOVED", "x"),
    ]  # fmt: skip


def test_uses_are_told_to_those_who_may_see_the_run(user, version, make_user):
    other = make_user()
    user.graphql('mutation($p: String!, $e: String!) { upsertModel(input: {name: $p, entityName: $e, access: "USER_READ"}) { inserted } }', {"p": "p", "e": user.name})
    RunUnderTest(other, "q", "secret")
    given = {"entityName": other.name, "projectName": "q", "runName": "secret", "artifactID": version["id"], "usedAs": "input"}
    other.graphql("mutation($input: UseArtifactInput!) { useArtifact(input: $input) { artifact { id } } }", {"input": given})
    assert actions(other, version)[-1] == ("USED", "input")
    told = history(other, version)
    assert told["edges"][0]["node"]["run"]["name"] == "secret" and told["totalCount"] == len(MADE) + 1
    assert actions(user, version) == MADE
    for first in range(1, len(MADE) + 2):
        seen = history(user, version, first=first)
        assert (len(seen["edges"]), seen["totalCount"]) == (min(first, len(MADE)), len(MADE))
        assert seen["pageInfo"]["hasNextPage"] == (first < len(MADE))
    assert told["pageInfo"]["endCursor"] == seen["pageInfo"]["endCursor"]


def test_links_are_told_with_their_collection(user, version):
    place = {"entityName": user.name, "projectName": "portfolios", "artifactPortfolioName": "shelf"}
    link = "mutation($input: LinkArtifactInput!) { linkArtifact(input: $input) { versionIndex } }"
    user.graphql(link, {"input": {"artifactID": version["id"], **place, "aliases": [{"alias": "good", "artifactCollectionName": "shelf"}]}})
    nodes = [edge["node"] for edge in history(user, version)["edges"]][:3]
    assert [(n["action"], n["detail"], n["artifactCollection"]["name"]) for n in reversed(nodes)] == [
        ("LINKED", "", "shelf"), ("ALIAS_ADDED", "good", "shelf"), ("ALIAS_ADDED", "latest", "shelf"),
    ]  # fmt: skip


def test_a_version_that_came_back_tells_of_it(make_server):
    user = User(make_server(env={"BAROGRAPH_TRASH_DAYS": "1"}), "alice")
    version = log(user, "p", "c", b"one")
    user.graphql("mutation($id: ID!) { deleteArtifact(input: {artifactID: $id, deleteAliases: true}) { artifact { id } } }", {"id": version["id"]})
    trash = user.graphql('query { project(name: "p", entityName: "alice") { trash { id } } }')["project"]["trash"]
    user.graphql(RESTORE, {"id": trash[0]["id"]})
    assert actions(user, version) == [*MADE, ("DELETED", ""), ("RESTORED", "")]


def test_a_long_history_comes_in_pages(user, version):
    for i in range(7):
        alias(user, "add", version, f"a{i}")
    seen, after = [], None
    while True:
        page = history(user, version, first=3, after=after)
        seen += [edge["node"]["detail"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert seen == [*(f"a{i}" for i in reversed(range(7))), "latest", "", ""]
    assert page["totalCount"] == 10
    with pytest.raises(GraphQLError, match="is not a cursor"):
        history(user, version, after="3:x")


def test_strangers_are_told_nothing(version, make_user):
    assert make_user().graphql(HISTORY, {"id": version["id"], "first": 50})["artifact"] is None
