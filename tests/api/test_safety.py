"""The safety rules on tenants, one by one, with real requests: what another tenant, a viewer or nobody at all may try.

A test is named by the rule it holds the program to: s04 is rule 4.
"""

from __future__ import annotations

import base64
import re
import urllib.parse
from pathlib import Path

import pytest
import requests

from tests.api import test_who_may_ask as walk
from tests.conftest import User
from tests.support.artifact_draft import Draft, entry, md5_of
from tests.support.protocol import UPSERT, RunUnderTest
from tests.support.server import GraphQLError


@pytest.fixture
def other_user(make_user) -> User:
    return make_user()


@pytest.fixture
def shared(server, user):
    """A team of which `user` is administrator."""
    name = f"{user.name}-team"
    assert server.run_cli("team", "add", name, "--admin", user.name).returncode == 0
    return name


# ---- 1: possession is proved by bytes ----


def test_s01__a_manifest_that_names_another_tenants_bytes_is_refused(server, user, other_user):
    secret = b"the owner's bytes" * 1000
    owner = Draft(user, "s01")
    assert requests.put(owner.announce(("a.bin", secret))["a.bin"], data=secret, timeout=30).ok
    assert owner.put_manifest({"a.bin": entry(secret)}).ok
    assert owner.commit()["state"] == "COMMITTED"

    thief = Draft(other_user, "s01")
    assert thief.announce(("a.bin", secret))["a.bin"], "who has not shown the bytes is asked for them"
    assert thief.put_manifest({"a.bin": entry(secret)}).ok
    with pytest.raises(GraphQLError, match="whose bytes were not uploaded"):
        thief.commit()


def test_s01__known_and_unknown_digests_answer_alike(server, user, other_user):
    known, unknown = b"known" * 100, b"unknown" * 100
    owner = Draft(user, "s01-alike")
    assert requests.put(owner.announce(("a", known))["a"], data=known, timeout=30).ok
    assert owner.put_manifest({"a": entry(known)}).ok and owner.commit()
    thief, answers = Draft(other_user, "s01-alike"), []
    for content in (known, unknown):
        assert thief.put_manifest({"a": entry(content)}).ok
        with pytest.raises(GraphQLError) as refusal:
            thief.commit()
        answers.append((str(refusal.value), refusal.value.code))
    assert answers[0] == answers[1]


def test_s01__bytes_of_another_project_of_the_same_user_are_asked_for_again(user):
    content = b"mine, but elsewhere"
    first = Draft(user, "s01-first")
    assert requests.put(first.announce(("a", content))["a"], data=content, timeout=30).ok
    assert first.put_manifest({"a": entry(content)}).ok and first.commit()
    assert Draft(user, "s01-first", "more").announce(("a", content))["a"] is None
    assert Draft(user, "s01-second").announce(("a", content))["a"] is not None


# ---- 2: what was committed does not change ----


def test_s02__an_old_address_takes_nothing_after_the_commit(user):
    content = b"first"
    draft = Draft(user, "s02")
    address = draft.announce(("a", content))["a"]
    assert requests.put(address, data=content, timeout=30).ok
    assert draft.put_manifest({"a": entry(content)}).ok and draft.commit()
    assert requests.put(address, data=b"other", timeout=30).status_code == 409
    assert draft.put_manifest({"a": entry(b"other")}).status_code in (404, 409)


# ---- 4: the object itself is authorised ----


def test_s04__somebody_elses_manifest_is_none(user, other_user):
    update = "mutation M($id: ID!) { updateArtifactManifest(input: {artifactManifestID: $id}) { artifactManifest { id } } }"
    answers = []
    for identifier in (Draft(user, "s04").manifest["id"], base64.b64encode(b"ArtifactManifest:999999").decode()):
        with pytest.raises(GraphQLError) as refusal:
            other_user.graphql(update, {"id": identifier})
        answers.append((str(refusal.value), refusal.value.code))
    assert answers[0] == answers[1]


def test_s04__an_artifact_is_no_output_of_a_run_that_moved_out_of_reach(server, user, shared):
    member = User(server, f"{user.name}-mover")
    assert server.run_cli("team", "member", shared, member.name, "--role", "member").returncode == 0
    run = RunUnderTest(member, "s04-own", "moved")
    move = """mutation M($input: MoveRunsInput!) { moveRuns(input: $input) { success } }"""
    member.graphql(move, {"input": {"ids": [run.id], "filters": "{}", "sourceEntityName": member.name, "sourceProjectName": "s04-own",
                                    "destinationEntityName": shared, "destinationProjectName": "s04-team"}})
    assert server.run_cli("team", "member", shared, member.name, "--role", "viewer").returncode == 0
    with pytest.raises(GraphQLError) as refusal:
        Draft(member, "s04-own", runName="moved")
    assert refusal.value.code in ("FORBIDDEN", "NOT_FOUND")


# ---- 5 and 6: what clients say of themselves; names that are taken ----


def test_s05__headers_change_neither_rights_nor_names(server, user):
    headers = {"Use-Admin-Privileges": "true", "X-Wandb-Username": "admin", "X-Wandb-User-Email": "admin@localhost"}
    answer = server.request("POST", "/graphql", key=user.key, headers=headers, json={"query": "{ viewer { username admin } }"})
    assert answer.json()["data"]["viewer"] == {"username": user.name, "admin": False}
    assert server.request("GET", "/api/admin/users", key=user.key, headers=headers).status_code == 403


def test_s05__a_key_is_shown_whole_once(user):
    key = user.graphql("mutation { generateApiKey(input: {description: \"x\"}) { apiKey { id name } } }")["generateApiKey"]["apiKey"]
    listed = user.graphql("{ viewer { apiKeys { edges { node { id name } } } } }")["viewer"]["apiKeys"]["edges"]
    shown = {edge["node"]["id"]: edge["node"]["name"] for edge in listed}
    assert len(key["name"]) >= 40 and len(shown[key["id"]]) <= 8 and key["name"].startswith(shown[key["id"]])


def test_s06__names_that_are_routes_cannot_be_registered(server):
    source = (Path(__file__).parents[2] / "server" / "api" / "routes.c").read_text()
    names = {pattern.split("/")[1] for pattern in re.findall(r'HTTP_\w+, "([^"]+)"', source)} | {"login", "assets", "GraphQL", "Files"}
    for name in names:
        assert server.run_cli("user", "add", name).returncode != 0, name
        assert server.run_cli("team", "add", name).returncode != 0, name


def test_s06__a_removed_name_stays_taken(server, make_user):
    user = make_user()
    assert server.run_cli("user", "remove", user.name).returncode == 0
    assert server.run_cli("user", "add", user.name).returncode != 0
    assert server.run_cli("team", "add", user.name.upper()).returncode != 0
    assert server.request("POST", "/graphql", key=user.key, json={"query": "{ viewer { id } }"}).status_code == 401


# ---- 27: signed addresses ----


def parts(address: str) -> tuple[str, str]:
    split = urllib.parse.urlsplit(address)
    return f"{split.scheme}://{split.netloc}{split.path}", split.query


def test_s27__a_signature_is_good_for_its_method_path_size_and_time_only(user):
    run = RunUnderTest(user, "s27", "run")
    put = run.upload_urls("a.txt", "b.txt")
    assert requests.put(put["a.txt"], data=b"bytes", timeout=30).ok
    get = run.files("a.txt")["a.txt"]["directUrl"]
    assert requests.get(get, timeout=30).content == b"bytes"
    assert requests.head(get, timeout=30).status_code == 200
    (put_path, put_query), (get_path, get_query) = parts(put["a.txt"]), parts(get)
    assert put_path == get_path
    forged = {
        "GET with a PUT's": requests.get(f"{get_path}?{put_query}", timeout=30),
        "HEAD with a PUT's": requests.head(f"{get_path}?{put_query}", timeout=30),
        "PUT with a GET's": requests.put(f"{put_path}?{get_query}", data=b"x", timeout=30),
        "another path": requests.put(f"{parts(put['b.txt'])[0]}?{put_query}", data=b"x", timeout=30),
        "none": requests.get(get_path, timeout=30),
    }
    fields = get_query.removeprefix("sig=").split(".")
    for position, name in enumerate(("expiry", "size", "user", "key", "session")):
        changed = [*fields]
        changed[position] = str(int(changed[position]) + 1)
        forged[name] = requests.get(f"{get_path}?sig={'.'.join(changed)}", timeout=30)
    for name, answer in forged.items():
        assert answer.status_code == 403, f"{name}: {answer.status_code}"
    assert requests.get(get, timeout=30).content == b"bytes"


def test_s27__an_address_dies_with_the_key_the_membership_or_the_run(server, user, shared):
    member = User(server, f"{user.name}-leaver")
    assert server.run_cli("team", "member", shared, member.name, "--role", "member").returncode == 0
    made = member.graphql(UPSERT, {"entity": shared, "project": "s27", "name": "run"})["upsertBucket"]["bucket"]
    query = "query Q($e: String!, $n: [String]) { project(name: \"s27\", entityName: $e) { run(name: \"run\") { files(names: $n) {" \
            " uploadHeaders edges { node { uploadUrl directUrl } } } } } }"

    def addresses(asker):
        node = asker.graphql(query, {"e": shared, "n": ["a.txt"]})["project"]["run"]["files"]["edges"][0]["node"]
        return node["uploadUrl"], node["directUrl"]

    put, get = addresses(member)
    assert requests.put(put, data=b"x", timeout=30).ok and requests.get(get, timeout=30).ok
    assert server.run_cli("team", "member", shared, member.name, "--role", "viewer").returncode == 0
    assert requests.put(put, data=b"y", timeout=30).status_code == 403
    assert requests.get(get, timeout=30).ok
    own_put, own_get = addresses(user)
    user.graphql("mutation M($id: ID!) { deleteRun(input: {id: $id}) { success } }", {"id": made["id"]})
    for answer in (requests.put(own_put, data=b"x", timeout=30), requests.get(own_get, timeout=30), requests.get(get, timeout=30)):
        assert answer.status_code in (403, 404, 410), answer.status_code


# ---- 28: secrets stay out of logs and metrics ----


def test_s28__neither_log_nor_metrics_hold_secrets_or_names(make_server):
    server = make_server("--access-log")
    user = User(server, "a-telling-name")
    run = RunUnderTest(user, "telling-project", "telling-run")
    run.put("a.txt", b"x")
    address = run.files("a.txt")["a.txt"]["directUrl"]
    assert requests.get(address, timeout=30).ok
    server.request("GET", "/files/x/%1b%5b31m/y/z", key=user.key)
    log = server.log()
    signature = parts(address)[1].split(".")[-1]
    assert "/signed/runs/" in log and signature not in log and user.key not in log
    assert "\x1b" not in log
    metrics = server.request("GET", "/metrics", key=None).text
    assert "telling" not in metrics and "barograph_" in metrics


def test_s28__the_first_key_may_come_from_a_file(make_server, tmp_path):
    key = "k" * 40
    (tmp_path / "key").write_text(key + "\n")
    server = make_server("--admin-key-file", str(tmp_path / "key"))
    assert server.request("GET", "/api/admin/users", key=key).status_code == 200
    assert key not in Path(f"/proc/{server.process.pid}/cmdline").read_text() and key not in server.log()


# ---- 34: hostile names ----


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/passwd", "a//b", "a\\..\\b", "a\0b", ".", "a/.", "x" * 2000])
def test_s34__a_manifest_with_a_hostile_path_is_refused_whole(user, path):
    draft = Draft(user, "s34")
    assert draft.put_manifest({path: {"digest": md5_of(b""), "size": 0, "ref": "s3://bucket/x"}}).ok
    with pytest.raises(GraphQLError) as refusal:
        draft.commit()
    assert refusal.value.code == "BAD_USER_INPUT"


# ---- 3 and 4: every field and mutation, with every kind of id ----


def node_id(kind: str, number: int) -> str:
    return base64.b64encode(f"{kind}:{number}".encode()).decode()


@pytest.fixture
def full_world(make_server):
    """As of the walk of who may ask, with one of each thing that has an id."""
    server = make_server()
    world = walk.World(server, User(server, "owner"))
    run = RunUnderTest(world.owner, "private", "secret-run")
    run.put("a.txt", b"bytes")
    content = b"the artifact's"
    draft = Draft(world.owner, "private", "secret-run")
    assert requests.put(draft.announce(("a", content))["a"], data=content, timeout=30).ok
    assert draft.put_manifest({"a": entry(content)}).ok and draft.commit()
    unfinished = Draft(world.owner, "private", "more")
    collection = "query Q($id: ID!) { artifact(id: $id) { artifactSequence { id } } }"
    world.ids |= {
        "artifact": draft.id,
        "draft": unfinished.id,
        "manifest": unfinished.manifest["id"],
        "file": run.files("a.txt")["a.txt"]["id"],
        "collection": world.owner.graphql(collection, {"id": draft.id})["artifact"]["artifactSequence"]["id"],
    }
    return world


ABSENT = {**walk.ABSENT_IDS, "artifact": node_id("Artifact", 999999), "draft": node_id("Artifact", 999998),
          "manifest": node_id("ArtifactManifest", 999999), "file": node_id("RunFile", 999999),
          "collection": node_id("ArtifactCollection", 999999)}


def walk_as(world, key, roots, but=frozenset()):
    """What changed something, and what told of something, as one list of complaints."""
    absent_names = {word: walk.absent(value) for word, value in world.names.items()}
    for root in roots:
        for field in walk.fields_of(world, root):
            if field["name"] in walk.OPEN | walk.OWN | but:
                continue
            for kind, there in world.ids.items():
                before = world.rows()
                query, variables = walk.document(world, root, field, walk.Filler(world, world.names, there))
                answer = walk.ask(world, key, query, variables)
                if world.rows() != before:
                    yield f"{field['name']} with a {kind} changed something: {answer}"
                query, variables = walk.document(world, root, field, walk.Filler(world, absent_names, ABSENT[kind]))
                other = walk.ask(world, key, query, variables)
                if walk.plain(answer, world.names, there) != walk.plain(other, absent_names, ABSENT[kind]):
                    yield f"{field['name']} with a {kind}: {answer} is not {other}"


@pytest.mark.parametrize("root", ["Query", "Mutation"])
def test_s04__no_id_of_another_project_is_found_anywhere(full_world, root):
    stranger = User(full_world.server, "strangers")
    wrong = list(walk_as(full_world, stranger.key, [root]))
    assert not wrong, "\n".join(wrong)


def test_s03__a_member_does_not_do_what_is_for_administrators(server, user, shared, make_user):
    member, other = make_user(), make_user()
    assert server.run_cli("team", "member", shared, member.name, "--role", "member").returncode == 0
    project = user.graphql(UPSERT, {"entity": shared, "project": "s03", "name": "run"}) and user.graphql(
        'query Q($e: String!) { project(name: "s03", entityName: $e) { id } }', {"e": shared})["project"]["id"]
    key = user.graphql("{ viewer { apiKeys { edges { node { id } } } } }")["viewer"]["apiKeys"]["edges"][0]["node"]["id"]
    tried = {
        "deleteModel": ({"id": project}, "success"),
        "upsertModel": ({"id": project, "access": "USER_READ"}, "inserted"),
        "createInvite": ({"entityName": shared, "username": other.name, "admin": False}, "clientMutationId"),
        "createServiceAccount": ({"entityName": shared, "description": "x"}, "clientMutationId"),
        "deleteApiKey": ({"id": key}, "success"),
        "createUser": ({"email": "x@example.org", "admin": True}, "clientMutationId"),
    }
    for name, (variables, _) in tried.items():
        kind = name[0].upper() + name[1:] + "Input!"
        answer = server.request("POST", "/graphql", key=member.key, json={
            "query": f"mutation M($input: {kind}) {{ {name}(input: $input) {{ __typename }} }}", "variables": {"input": variables}}).json()
        codes = {error["extensions"]["code"] for error in answer["errors"]}
        assert codes <= {"FORBIDDEN", "NOT_FOUND"}, f"{name}: {answer}"
        assert not any((answer.get("data") or {}).values()), name
