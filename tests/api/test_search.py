"""What a person may have meant by a few letters, over GraphQL: of every kind, and only what that person may read."""

from __future__ import annotations

import pytest

from tests.support.server import GraphQLError

SEARCH = "query($text: String!, $first: Int) { viewer { search(text: $text, first: $first) { kind name title type entityName projectName viewId createdAt } } }"
RUN = "mutation($e: String!, $p: String!, $n: String!, $d: String) { upsertBucket(input: {entityName: $e, modelName: $p, name: $n, displayName: $d}) { inserted } }"
REPORT = 'mutation($e: String!, $p: String!) { upsertView(input: {entityName: $e, projectName: $p, name: "v", displayName: "Found words", type: "runs", spec: "{}"}) { view { id } } }'


def found(user, text, first=10):
    return user.graphql(SEARCH, {"text": text, "first": first})["viewer"]["search"]


def test_search__finds_projects_runs_and_reports_by_their_names(user):
    user.graphql(RUN, {"e": user.name, "p": "found-project", "n": "r1", "d": "A Found run"})
    view = user.graphql(REPORT, {"e": user.name, "p": "found-project"})["upsertView"]["view"]
    project, run, report = found(user, "fOUND")
    assert (project["kind"], project["name"], project["entityName"]) == ("project", "found-project", user.name)
    assert (run["kind"], run["name"], run["title"], run["projectName"]) == ("run", "r1", "A Found run", "found-project")
    assert (report["kind"], report["title"], report["viewId"]) == ("report", "Found words", view["id"])
    assert [hit["kind"] for hit in found(user, "r1")] == ["run"]
    assert found(user, "nowhere") == []
    with pytest.raises(GraphQLError):
        found(user, "x" * 300)


def test_search__finds_what_teams_own_until_one_leaves_them(server, user, make_user):
    owner, team = make_user(), f"team-{user.name}"
    server.run_cli("team", "add", team, "--admin", owner.name)
    owner.graphql(RUN, {"e": team, "p": "p", "n": "r1", "d": "shared run"})
    owner.graphql(RUN, {"e": owner.name, "p": "p", "n": "r1", "d": "shared with nobody"})
    assert found(user, "shared") == []
    server.run_cli("team", "member", team, user.name, "--role", "viewer")
    assert [(hit["title"], hit["entityName"]) for hit in found(user, "shared")] == [("shared run", team)]
    assert len(found(owner, "shared")) == 2 and len(found(owner, "shared", 1)) == 1
    others = f'{{ project(name: "p", entityName: "{team}") {{ user {{ search(text: "shared") {{ name }} }} }} }}'
    assert user.graphql(others)["project"]["user"]["search"] == []
