"""Reports, drafts, saved workspaces and custom charts over GraphQL: who may save what, and what is refused."""

from __future__ import annotations

import json

import pytest

from tests.conftest import User
from tests.support.protocol import RunUnderTest
from tests.support.server import GraphQLError

UPSERT = """mutation($input: UpsertViewInput!) { upsertView(input: $input) { inserted view {
    id type name displayName description spec version locked parentId createdUsing previewUrl coverUrl createdAt updatedAt
    entityName project { name entityName } user { username } updatedBy { username } } } }"""
DELETE = "mutation($input: DeleteViewInput!) { deleteView(input: $input) { success pendingDrafts } }"
VIEW = "query($id: ID!) { view(id: $id) { id name displayName spec version drafts { id } } }"
LIST = """query($entity: String!, $type: String, $name: String, $by: String, $after: String, $first: Int) {
    project(name: "p", entityName: $entity) { allViews(viewType: $type, viewName: $name, userName: $by, after: $after,
    first: $first) { totalCount edges { cursor node { id name } } pageInfo { hasNextPage endCursor } } } }"""
CHART = """mutation($input: CreateCustomChartInput!) { createCustomChart(input: $input) { chart { id spec access } } }"""

# Order of keys, numbers and white space as nobody would write them anew.
ODD_SPEC = '{"z": 1.0, "a":[1e2 ,  "\\u00e9é\\/"],"a b":null , "deep":{"x":{}}}'


def save(user, entity=None, **values) -> dict:
    values = {"entityName": entity or user.name, "projectName": "p", "name": "n", "spec": "{}", **values}
    return user.graphql(UPSERT, {"input": {k: v for k, v in values.items() if v is not None}})["upsertView"]


def change(user, view, **values) -> dict:
    return user.graphql(UPSERT, {"input": {"id": view["id"], **values}})["upsertView"]["view"]


def listed(user, entity=None, **values) -> list[str]:
    answer = user.graphql(LIST, {"entity": entity or user.name, **values})["project"]["allViews"]
    return [edge["node"]["name"] for edge in answer["edges"]]


def refusal(function, *arguments, **values) -> GraphQLError:
    with pytest.raises(GraphQLError) as caught:
        function(*arguments, **values)
    return caught.value


@pytest.fixture
def author(user):
    RunUnderTest(user, "p", "r1")
    return user


@pytest.fixture
def team(server, make_user):
    """A team's admin, a member, a viewer, and a stranger; the project p is the team's."""
    admin, member, viewer, stranger = (make_user() for _ in range(4))
    name = f"team-{admin.name}"
    assert server.run_cli("team", "add", name, "--admin", admin.name).returncode == 0
    assert server.run_cli("team", "member", name, member.name, "--role", "member").returncode == 0
    assert server.run_cli("team", "member", name, viewer.name, "--role", "viewer").returncode == 0
    admin.graphql('mutation($e: String) { upsertModel(input: {entityName: $e, name: "p"}) { inserted } }', {"e": name})
    return {"name": name, "admin": admin, "member": member, "viewer": viewer, "stranger": stranger}


# --- saving ---------------------------------------------------------------------------------------


def test_report__is_returned_to_the_letter(author):
    saved = save(author, type="runs", displayName="A title", description="why", spec=ODD_SPEC, createdUsing="WANDB_SDK",
                 previewUrl="https://example.com/p.png", coverUrl="https://example.com/c.png")
    view = saved["view"]
    assert saved["inserted"] is True
    assert view["spec"] == ODD_SPEC and author.graphql(VIEW, {"id": view["id"]})["view"]["spec"] == ODD_SPEC
    assert (view["type"], view["displayName"], view["description"], view["version"]) == ("runs", "A title", "why", 1)
    assert view["project"] == {"name": "p", "entityName": author.name} and view["user"]["username"] == author.name
    assert (view["createdUsing"], view["previewUrl"], view["coverUrl"]) == (
        "WANDB_SDK", "https://example.com/p.png", "https://example.com/c.png")  # fmt: skip


def test_change__leaves_what_it_does_not_name(author):
    view = save(author, displayName="A title", spec=ODD_SPEC)["view"]
    changed = change(author, view, description="new")
    assert (changed["displayName"], changed["spec"], changed["description"]) == ("A title", ODD_SPEC, "new")
    assert changed["version"] == 2


def test_stale_save__is_refused_and_changes_nothing(author):
    view = save(author, spec='{"n":1}')["view"]
    assert change(author, view, spec='{"n":2}', expectedVersion=1)["version"] == 2
    error = refusal(change, author, view, spec='{"n":3}', expectedVersion=1)
    assert error.code == "CONFLICT" and "version 2, not 1" in str(error)
    assert author.graphql(VIEW, {"id": view["id"]})["view"]["spec"] == '{"n":2}'


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"spec": "{'a': 1}"}, "not JSON"),
        ({"spec": '{"a": 1} x'}, "not JSON"),
        ({"spec": None}, "needs a spec"),
        ({"name": None}, "needs a name"),
        ({"name": ""}, "1 to 256 bytes"),
        ({"name": "x" * 257}, "1 to 256 bytes"),
        ({"projectName": "nowhere"}, "not found"),
        ({"parentId": "Vmlldzo5OTk5OTk="}, "no such view"),
        ({"id": "nonsense"}, "no such view"),
    ],
)
def test_bad_view__is_refused_in_words(author, values, words):
    assert words in str(refusal(save, author, **values))
    assert listed(author) == []


def test_workspace__of_a_name_is_one(author):
    first = save(author, type="project-view", name="nw-abc-v", spec='{"n":1}')
    second = save(author, type="project-view", name="nw-abc-v", spec='{"n":2}')
    assert (first["inserted"], second["inserted"]) == (True, False)
    assert first["view"]["id"] == second["view"]["id"] and second["view"]["version"] == 2
    other = save(author, type="project-view", name="nw-abd-v")["view"]
    assert refusal(change, author, other, name="nw-abc-v").code == "CONFLICT"


# --- lists ----------------------------------------------------------------------------------------


def test_lists__are_filtered_and_paged(author):
    for name, kind in [("a", "runs"), ("b", "runs"), ("c", "project-view"), ("d", "runs")]:
        save(author, name=name, type=kind, displayName=f"Title {name}")
    assert listed(author) == ["d", "c", "b", "a"]
    assert listed(author, type="runs") == ["d", "b", "a"]
    assert listed(author, type="runs", name="b") == listed(author, type="runs", name="Title b") == ["b"]
    assert listed(author, by=author.name, type="project-view") == ["c"] and listed(author, by="nobody") == []
    page = author.graphql(LIST, {"entity": author.name, "first": 3})["project"]["allViews"]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (4, True)
    assert listed(author, after=page["edges"][-1]["cursor"]) == ["a"]
    assert "cursor" in str(refusal(listed, author, after="x"))


# --- who may --------------------------------------------------------------------------------------


def test_roles__decide_who_sees_and_who_saves(team):
    view = save(team["member"], team["name"], displayName="Ours")["view"]
    assert team["viewer"].graphql(VIEW, {"id": view["id"]})["view"]["displayName"] == "Ours"
    assert change(team["admin"], view, description="x")["updatedBy"]["username"] == team["admin"].name
    assert refusal(change, team["viewer"], view, description="x").code == "FORBIDDEN"
    assert team["stranger"].graphql(VIEW, {"id": view["id"]}) == {"view": None}
    assert "no such view" in str(refusal(change, team["stranger"], view, description="x"))
    assert refusal(save, team["viewer"], team["name"]).code == "FORBIDDEN"


def test_drafts__are_their_authors(team):
    report = save(team["admin"], team["name"])["view"]
    draft = save(team["member"], team["name"], name="d", type="runs/draft", parentId=report["id"])["view"]
    assert draft["parentId"] == report["id"]
    assert listed(team["viewer"], team["name"]) == ["n"] and listed(team["member"], team["name"]) == ["d", "n"]
    assert team["viewer"].graphql(VIEW, {"id": draft["id"]}) == {"view": None}
    assert team["viewer"].graphql(VIEW, {"id": report["id"]})["view"]["drafts"] == []
    assert team["member"].graphql(VIEW, {"id": report["id"]})["view"]["drafts"] == [{"id": draft["id"]}]
    assert listed(team["admin"], team["name"]) == ["d", "n"]


def test_locked_view__is_changed_by_author_and_admins_only(team):
    view = save(team["member"], team["name"], locked=True)["view"]
    other = save(team["admin"], team["name"], name="m", locked=True)["view"]
    assert change(team["member"], view, description="mine")["locked"] is True
    assert change(team["admin"], view, description="admin's")["version"] == 3
    assert refusal(change, team["member"], other, locked=False).code == "FORBIDDEN"


def test_personal_workspace__is_written_by_its_person_only(team):
    mine = f"nw-{team['member'].name}-w"
    view = save(team["member"], team["name"], type="project-view", name=mine)["view"]
    assert team["viewer"].graphql(VIEW, {"id": view["id"]})["view"]["name"] == mine
    other = f"nw-{team['admin'].name}-w"
    assert refusal(save, team["member"], team["name"], type="project-view", name=other).code == "FORBIDDEN"
    assert other not in listed(team["admin"], team["name"])


def test_private_workspace__is_its_authors_and_administrators(team):
    view = save(team["member"], team["name"], type="project-view", name="nw-mine-v", private=True)["view"]
    asked = "query($id: ID!) { view(id: $id) { private } }"
    assert team["member"].graphql(asked, {"id": view["id"]}) == {"view": {"private": True}}
    assert team["viewer"].graphql(asked, {"id": view["id"]}) == {"view": None}
    assert [listed(team[who], team["name"]) for who in ("member", "viewer", "admin")] == [["nw-mine-v"], [], ["nw-mine-v"]]
    assert refusal(change, team["admin"], view, private=False).code == "FORBIDDEN"
    assert change(team["member"], view, private=False)["version"] == 2
    assert listed(team["viewer"], team["name"]) == ["nw-mine-v"]


def test_private_workspace__is_not_changed_by_its_name(team):
    save(team["member"], team["name"], type="project-view", name="nw-mine-v", private=True)
    assert refusal(save, team["admin"], team["name"], type="project-view", name="nw-mine-v").code == "CONFLICT"


# --- deleting -------------------------------------------------------------------------------------


def test_delete__waits_for_drafts_unless_told(author):
    report = save(author)["view"]
    save(author, name="d", type="runs/draft", parentId=report["id"])
    assert author.graphql(DELETE, {"input": {"id": report["id"]}})["deleteView"] == {"success": False, "pendingDrafts": 1}
    gone = author.graphql(DELETE, {"input": {"id": report["id"], "deleteDrafts": True}})["deleteView"]
    assert gone == {"success": True, "pendingDrafts": 0}
    assert listed(author) == [] and author.graphql(VIEW, {"id": report["id"]}) == {"view": None}
    assert "no such view" in str(refusal(author.graphql, DELETE, {"input": {"id": report["id"]}}))


def test_delete__is_for_author_and_admins(team):
    view = save(team["admin"], team["name"])["view"]
    own = save(team["member"], team["name"], name="own")["view"]
    assert refusal(team["member"].graphql, DELETE, {"input": {"id": view["id"]}}).code == "FORBIDDEN"
    assert team["member"].graphql(DELETE, {"input": {"id": own["id"]}})["deleteView"]["success"] is True
    assert listed(team["admin"], team["name"]) == ["n"]


# --- custom charts --------------------------------------------------------------------------------


def chart(user, entity, **values):
    given = {"entity": entity, "name": "bars", "displayName": "Bars", "type": "vega2", "access": "PRIVATE", "spec": "{}"}
    return user.graphql(CHART, {"input": {**given, **values}})["createCustomChart"]["chart"]


def test_custom_chart__is_for_members_unless_it_is_public(team):
    read = "query($id: ID!) { customChart(id: $id) { id spec } }"
    made = chart(team["member"], team["name"], spec=ODD_SPEC)
    assert made == {"id": f"{team['name']}/bars", "spec": ODD_SPEC, "access": "PRIVATE"}
    assert team["viewer"].graphql(read, {"id": made["id"]})["customChart"]["spec"] == ODD_SPEC
    assert team["stranger"].graphql(read, {"id": made["id"]}) == {"customChart": None}
    assert refusal(chart, team["viewer"], team["name"]).code == "FORBIDDEN"
    assert chart(team["admin"], team["name"], access="PUBLIC", spec="[]")["id"] == made["id"]
    assert team["stranger"].graphql(read, {"id": made["id"]})["customChart"] == {"id": made["id"], "spec": "[]"}
    charts = team["viewer"].graphql("query($e: String) { entity(name: $e) { customCharts { name } } }", {"e": team["name"]})
    assert charts["entity"]["customCharts"] == [{"name": "bars"}]


@pytest.mark.parametrize(
    ("values", "words"), [({"access": "x"}, "PUBLIC or PRIVATE"), ({"spec": "{"}, "not JSON"), ({"name": "a/b"}, "without /")]
)
def test_bad_chart__is_refused_in_words(author, values, words):
    assert words in str(refusal(chart, author, author.name, **values))


def test_json_of_specs__may_be_large(author):
    spec = json.dumps({"text": "x" * (8 << 20)})
    assert len(save(author, spec=spec)["view"]["spec"]) == len(spec)
