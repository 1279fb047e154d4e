"""Accounts, keys, teams and who may see what."""

from __future__ import annotations

import pytest

from tests.support.protocol import UPSERT, RunUnderTest
from tests.support.server import GraphQLError

PROJECT = "query P($n: String!, $e: String!) { project(name: $n, entityName: $e) { name runs(first: 10) { edges { node { name } } } } }"


def test_user_add__prints_a_key_and_nothing_else(server):
    done = server.run_cli("user", "add", "plain-user")
    assert done.returncode == 0, done.stderr
    key = done.stdout.strip()
    assert len(key) >= 40 and "\n" not in key and " " not in key
    viewer = server.graphql("{ viewer { username entity admin teams { edges { node { name } } } } }", key=key)["viewer"]
    assert viewer["username"] == viewer["entity"] == "plain-user" and viewer["admin"] is False
    assert "plain-user" in [edge["node"]["name"] for edge in viewer["teams"]["edges"]]


def test_user_add__takes_a_chosen_key(server):
    key = "c" * 44
    assert server.run_cli("user", "add", "chosen-key", "--key", key).stdout.strip() == key
    assert server.graphql("{ viewer { username } }", key=key)["viewer"]["username"] == "chosen-key"


def test_user_add__refuses_a_name_twice_and_names_that_are_routes(server):
    server.add_user("twice")
    for name in ("twice", "graphql", "files", "login", "a/b", "", "x" * 500):
        done = server.run_cli("user", "add", name)
        assert done.returncode in (1, 2) and not done.stdout and done.stderr, name


def test_user_commands__need_an_administrator(server, user):
    done = server.run_cli("user", "add", "sneaky", key=user.key)
    assert done.returncode == 1 and not done.stdout


def test_removed_user__is_out_and_the_name_stays_taken(server):
    key = server.add_user("leaver")
    assert server.run_cli("user", "remove", "leaver").returncode == 0
    assert server.request("POST", "/graphql", key=key, json={"query": "{ viewer { id } }"}).status_code == 401
    assert server.run_cli("user", "add", "leaver").returncode == 1


def test_user_list__names_the_users(server, user):
    assert user.name in server.run_cli("user", "list").stdout


def test_other_tenants_project__answers_like_one_that_does_not_exist(user, make_user):
    RunUnderTest(user, "private", "r")
    other = make_user()
    assert user.graphql(PROJECT, {"n": "private", "e": user.name})["project"]["name"] == "private"
    theirs = other.graphql(PROJECT, {"n": "private", "e": user.name})
    assert theirs == other.graphql(PROJECT, {"n": "no-such", "e": user.name})
    with pytest.raises(GraphQLError) as refusal:
        other.graphql(UPSERT, {"name": "mine", "project": "private", "entity": user.name})
    assert refusal.value.status < 500


def test_storage_id__of_another_tenant_gives_no_rights(user, make_user):
    run = RunUnderTest(user, "private", "r")
    other = make_user()
    for mutation in (
        "mutation M($id: ID!) { stopRun(input: {id: $id}) { success } }",
        "mutation M($id: ID!) { deleteRun(input: {id: $id}) { clientMutationId } }",
    ):
        with pytest.raises(GraphQLError):
            other.graphql(mutation, {"id": run.id})
    update = 'mutation M($id: String!) { upsertBucket(input: {id: $id, notes: "mine now"}) { bucket { id } } }'
    with pytest.raises(GraphQLError):
        other.graphql(update, {"id": run.id})
    assert run.read()["state"] == "running"


def test_team__is_shared_by_its_members_only(server, make_user):
    inside, outside = make_user(), make_user()
    assert server.run_cli("org", "add", "acme", "--admin", inside.name).returncode == 0
    assert server.run_cli("team", "add", "lab", "--org", "acme", "--member", inside.name).returncode == 0
    inside.graphql(UPSERT, {"name": "r", "project": "shared", "entity": "lab"})
    assert inside.graphql(PROJECT, {"n": "shared", "e": "lab"})["project"]["name"] == "shared"
    assert outside.graphql(PROJECT, {"n": "shared", "e": "lab"})["project"] is None


def test_privilege_headers__change_nothing(server, user, make_user):
    RunUnderTest(user, "private", "r")
    other = make_user()
    headers = {"Use-Admin-Privileges": "true", "X-Wandb-Username": user.name}
    body = {"query": PROJECT, "variables": {"n": "private", "e": user.name}}
    answer = server.request("POST", "/graphql", key=other.key, json=body, headers=headers).json()
    assert answer["data"]["project"] is None


def test_session__is_a_cookie_that_scripts_cannot_read(server, user):
    response = server.request("POST", "/api/session", key=user.key)
    assert response.status_code == 204
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite" in cookie
    assert server.request("POST", "/api/session", key="z" * 40).status_code == 401
