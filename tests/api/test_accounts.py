"""Accounts, keys, teams and who may see what."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.protocol import UPSERT, RunUnderTest
from tests.support.receiver import wait_until
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


def test_keys__are_added_listed_and_revoked(server, user):
    key = server.run_cli("key", "add", user.name, "--description", "laptop").stdout.strip()
    assert server.graphql("{ viewer { username } }", key=key)["viewer"]["username"] == user.name
    listed = server.run_cli("key", "list", user.name).stdout
    assert "laptop" in listed and key not in listed and key[:6] in listed
    number = next(line.split()[0] for line in listed.splitlines() if "laptop" in line)
    assert server.run_cli("key", "revoke", number).returncode == 0
    assert server.request("POST", "/graphql", key=key, json={"query": "{ viewer { id } }"}).status_code == 401
    assert server.graphql("{ viewer { username } }", key=user.key)["viewer"]["username"] == user.name


def test_key__says_when_it_was_last_used(server, user):
    other = server.run_cli("key", "add", user.name).stdout.split()[-1]

    def uses(key):
        edges = server.graphql("{ viewer { apiKeys { edges { node { name lastUsedAt } } } } }", key=key)["viewer"]["apiKeys"]["edges"]
        return {edge["node"]["name"]: edge["node"]["lastUsedAt"] for edge in edges}

    wait_until(lambda: uses(user.key)[user.key[:6]])  # noted beside the request, not before it is answered
    first = uses(user.key)
    assert first[other[:6]] is None
    listed = server.run_cli("key", "list", user.name).stdout.splitlines()
    assert ["never used" in line for line in listed] == [other[:6] in line for line in listed]
    wait_until(lambda: uses(other)[other[:6]])
    assert uses(other)[user.key[:6]] == first[user.key[:6]]  # used again and again, and written once in ten minutes


def test_key_file__keeps_the_key_off_the_command_line(server, user):
    key = "f" * 40
    assert server.run_cli("key", "add", user.name, "--key-file", "-", stdin=key + "\n").stdout.strip() == key
    assert server.graphql("{ viewer { username } }", key=key)["viewer"]["username"] == user.name


def test_password__is_read_from_standard_input_and_logs_in(server, user):
    assert server.run_cli("user", "password", user.name, stdin="short\n").returncode == 2
    assert server.run_cli("user", "password", user.name, stdin="correct horse\n").returncode == 0
    body = {"username": user.name, "password": "correct horse"}
    response = server.request("POST", "/api/session", key=None, json=body)
    assert response.status_code == 204
    cookies = {"barograph_session": response.cookies["barograph_session"]}
    query = {"query": "{ viewer { username } }"}
    ours, theirs = {"Origin": server.base_url}, {"Origin": "http://evil.example"}
    answer = server.request("POST", "/graphql", key=None, json=query, cookies=cookies, headers=ours)
    assert answer.json()["data"]["viewer"]["username"] == user.name
    assert server.request("POST", "/graphql", key=None, json=query, cookies=cookies, headers=theirs).status_code == 403
    assert server.request("POST", "/graphql", key=None, json=query, cookies=cookies).status_code == 403
    assert server.request("DELETE", "/api/session", key=None, cookies=cookies, headers=ours).status_code == 204
    assert server.request("POST", "/graphql", key=None, json=query, cookies=cookies, headers=ours).json()["errors"]


def test_roles__count_at_once(server, make_user):
    boss, hand = make_user(), make_user()
    assert server.run_cli("team", "add", "roles-lab", "--admin", boss.name).returncode == 0
    upsert = {"name": "r", "project": "p", "entity": "roles-lab"}
    boss.graphql(UPSERT, upsert)
    read = {"n": "p", "e": "roles-lab"}
    assert hand.graphql(PROJECT, read)["project"] is None
    assert server.run_cli("team", "member", "roles-lab", hand.name, "--role", "viewer").returncode == 0
    assert hand.graphql(PROJECT, read)["project"]["name"] == "p"
    with pytest.raises(GraphQLError):
        hand.graphql(UPSERT, upsert)
    assert server.run_cli("team", "member", "roles-lab", hand.name, "--role", "member").returncode == 0
    hand.graphql(UPSERT, upsert)
    assert server.run_cli("team", "remove-member", "roles-lab", hand.name).returncode == 0
    assert hand.graphql(PROJECT, read)["project"] is None


def test_data_option__administers_a_stopped_server_and_only_that(make_server):
    server = make_server()
    running = server.run_cli("user", "list", *server.data_options)
    assert running.returncode == 1 and "in use by another barograph" in running.stderr
    server.stop()
    key = server.run_cli("user", "add", "offline", *server.data_options, key=None).stdout.strip()
    assert len(key) >= 40
    server.start()
    assert server.graphql("{ viewer { username } }", key=key)["viewer"]["username"] == "offline"


def test_admin_key__may_be_chosen(make_server):
    key = "a" * 40
    server = make_server(env={"BAROGRAPH_ADMIN_KEY": key})
    assert server.admin_key == key
    assert server.graphql("{ viewer { username admin } }")["viewer"] == {"username": "admin", "admin": True}


def test_secret__of_another_database_is_refused(make_server):
    server = make_server()
    server.stop()
    (server.data / "secret.key").write_text("0" * 64 + "\n")
    with pytest.raises(RuntimeError, match="is not the secret that this database's API keys were made with"):
        server.start()
    (server.data / "secret.key").unlink()
    with pytest.raises(RuntimeError, match="is missing, and without it no API key of this database is good"):
        server.start()


def test_database__of_a_newer_version_is_refused(make_server):
    server = make_server()
    server.stop()
    with server.database() as database:
        database.execute("insert into schema_version values (9999, '9999_future', '99.0.0', 0)")
    with pytest.raises(RuntimeError, match="has version 9999 and is written by barograph 99.0.0 or later"):
        server.start()


def test_own_password__is_changed_by_whoever_knows_it(server, user):
    def change(body, **more):
        return server.request("PUT", "/api/password", **{"key": user.key, **more}, json=body).status_code

    def log_in(password):
        return server.request("POST", "/api/session", key=None, json={"username": user.name, "password": password})

    assert change({"password": "short"}) == 400
    assert change({}) == 400
    assert change({"password": "first horse"}, key=None) == 401
    assert change({"password": "first horse"}) == 204, "there was none: nobody asks for it"
    cookies = {"barograph_session": log_in("first horse").cookies["barograph_session"]}
    other = {"barograph_session": log_in("first horse").cookies["barograph_session"]}
    assert change({"password": "second horse"}) == 403
    assert change({"password": "second horse", "current": "wrong horse"}) == 403
    body = {"password": "second horse", "current": "first horse"}
    theirs = {"key": None, "cookies": cookies, "headers": {"Origin": "http://evil.example"}}
    assert change(body, **theirs) == 403
    ours = {"Origin": server.base_url}
    answer = server.request("PUT", "/api/password", key=None, cookies=cookies, headers=ours, json=body)
    assert answer.status_code == 204

    def asks_with(given):
        body = {"query": "{ viewer { username } }"}
        return server.request("POST", "/graphql", key=None, json=body, cookies=given, headers=ours).json().get("data")

    assert asks_with({"barograph_session": answer.cookies["barograph_session"]})["viewer"]["username"] == user.name
    assert asks_with(other)["viewer"] is None, "whoever was logged in elsewhere is logged out"
    assert log_in("first horse").status_code == 401 and log_in("second horse").status_code == 204


def test_team_admins__change_the_role_of_members(server, user):
    invite = "mutation($n: String!, $u: String!, $r: String) { createInvite(input: {entityName: $n, username: $u, role: $r}) { invite { id } } }"
    made = "mutation($n: String!) { createTeam(input: {teamName: $n}) { entity { id } } }"
    members = "query($n: String!) { entity(name: $n) { members { username role } } }"
    team = f"{user.name}s-team"
    server.graphql(made, {"n": team}, key=user.key)

    def role_of(name):
        return {m["username"]: m["role"] for m in server.graphql(members, {"n": team}, key=user.key)["entity"]["members"]}[name]

    server.graphql(invite, {"n": team, "u": "admin", "r": "viewer"}, key=user.key)
    assert role_of("admin") == "viewer"
    server.graphql(invite, {"n": team, "u": "admin", "r": "member"}, key=user.key)
    assert role_of("admin") == "member"
    with pytest.raises(Exception, match="a member of .* already"):
        server.graphql(invite, {"n": team, "u": "admin"}, key=user.key)


def test_team__keeps_an_administrator(server, make_user):
    owner, friend = make_user(), make_user()
    team = f"{owner.name}s-own"
    invite = "mutation($n: String!, $u: String!, $r: String) { createInvite(input: {entityName: $n, username: $u, role: $r}) { invite { id } } }"
    drop = "mutation($n: String!, $id: String) { deleteInvite(input: {entityName: $n, id: $id}) { success } }"
    owner.graphql("mutation($n: String!) { createTeam(input: {teamName: $n}) { entity { id } } }", {"n": team})
    owner.graphql(invite, {"n": team, "u": friend.name, "r": "member"})
    me = owner.graphql("{ viewer { id } }")["viewer"]["id"]
    for mutation, given in ((invite, {"u": owner.name, "r": "viewer"}), (drop, {"id": me})):
        with pytest.raises(Exception, match="would have no administrator any more"):
            owner.graphql(mutation, {"n": team, **given})
    owner.graphql(invite, {"n": team, "u": friend.name, "r": "admin"})
    owner.graphql(invite, {"n": team, "u": owner.name, "r": "viewer"})
    assert server.graphql(invite, {"n": team, "u": friend.name, "r": "member"}), "the server's administrators may"


def test_help__names_every_form(server):
    for command in ("user", "key", "org", "team"):
        done = server.run_cli("help", command, key=None)
        assert done.returncode == 0 and "add" in done.stdout and "--data" in done.stdout
        assert server.run_cli(command, "no-such-form").returncode == 2


def test_log_ins__at_the_same_time_are_bounded_in_memory(make_server):
    """Each costs 64 MiB while its password is computed: two at a time are, some wait, the rest are told to come again."""
    from concurrent.futures import ThreadPoolExecutor

    server = make_server()
    server.run_cli("user", "password", "admin", stdin="correct horse\n")

    def log_in(number):
        body = {"username": f"guess{number}", "password": "wrong horse"}
        return server.request("POST", "/api/session", key=None, json=body).status_code

    with ThreadPoolExecutor(200) as threads:
        statuses = list(threads.map(log_in, range(200)))
    assert set(statuses) <= {401, 429} and 429 in statuses
    status = (Path("/proc") / str(server.process.pid) / "status").read_text()
    peak_kib = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])
    assert peak_kib < 250 * 1024
    assert server.graphql("{ viewer { username } }")["viewer"]["username"] == "admin"
