"""What becomes of versions: they end when their time is over, are used in circles, and are added to."""

from __future__ import annotations

import base64
import json
import time

import pytest

from tests.api.test_artifact_addresses import CREATE, DELETE, MANIFEST, get, log, v1
from tests.conftest import User
from tests.support.protocol import RunUnderTest
from tests.support.receiver import wait_until
from tests.support.server import GraphQLError

VERSION = "query($id: ID!) { artifact(id: $id) { state ttlDurationSeconds } }"
BY_NAME = "query($e: String!, $n: String!) { project(name: \"p\", entityName: $e) { artifact(name: $n) { id } } }"
UPDATE = "mutation($input: UpdateArtifactInput!) { updateArtifact(input: $input) { artifact { id } } }"
USE = "mutation($input: UseArtifactInput!) { useArtifact(input: $input) { artifact { id } } }"
COMMIT = "mutation($id: ID!) { commitArtifact(input: {artifactID: $id}) { artifact { state } } }"


# ---- the first version ----


def test_collection__is_not_seen_before_its_first_version_is_whole(user):
    shown = """query($e: String!) { project(name: "p", entityName: $e) { artifactCollection(name: "c") { name }
        artifactCollections { totalCount } artifactType(name: "t") { artifactCollection(name: "c") { name }
        artifactCollections { edges { node { name } } } } } }"""
    RunUnderTest(user, "p", "r")
    place = {"entityName": user.name, "projectName": "p"}
    draft = {**place, "artifactTypeName": "t", "artifactCollectionName": "c", "digest": "cut off", "runName": "r"}
    user.graphql(CREATE, {"input": draft})
    nothing = {"artifactCollection": None, "artifactCollections": {"edges": []}}
    project = user.graphql(shown, {"e": user.name})["project"]
    assert project == {"artifactCollection": None, "artifactCollections": {"totalCount": 0}, "artifactType": nothing}
    version = log(user, "p", "c", b"whole")
    user.graphql(DELETE, {"id": version["id"]})  # what had a version stays, though it is empty now
    project = user.graphql(shown, {"e": user.name})["project"]
    assert project["artifactCollection"] == project["artifactType"]["artifactCollection"] == {"name": "c"}
    assert project["artifactCollections"] == {"totalCount": 1}


# ---- time to live ----


def end_of(user, name: str, seconds: int, ago_s: int) -> dict:
    """A version with a time to live, as if it had been made some time ago."""
    version = log(user, "p", name, name.encode())
    put_back(user, version, name, seconds, ago_s)
    return version


def put_back(user, version: dict, name: str, seconds: int, ago_s: int) -> None:
    user.graphql(UPDATE, {"input": {"artifactID": version["id"], "ttlDurationSeconds": seconds}})
    with user.server.database() as database:
        sign = "%s" if user.server.has_postgres else "?"
        cursor = database.cursor()
        cursor.execute(f"select a.id from artifacts a join artifact_collections c on c.id = a.collection_id where c.name = {sign}", (name,))
        row = cursor.fetchone()[0]
        cursor.execute(f"update artifacts set created_at = created_at - {ago_s * 1000} where id = {sign}", (row,))


def test_version__ends_with_its_time_and_no_other_does(make_server):
    server = make_server()
    user = User(server, "alice")
    ended = end_of(user, "ended", 3600, 3601)
    kept = [end_of(user, "early", 3600, 3000), end_of(user, "never", -1, 10**6), end_of(user, "huge", 2**62, 10**6)]
    server.restart()
    wait_until(lambda: get(user, v1("alice", b"ended")) == 404)
    assert user.graphql(BY_NAME, {"e": "alice", "n": "ended:latest"})["project"]["artifact"] is None
    gone = user.graphql(VERSION, {"id": ended["id"]})["artifact"]
    assert gone is None or gone["state"] == "DELETED"
    assert [user.graphql(VERSION, {"id": each["id"]})["artifact"]["state"] for each in kept] == ["COMMITTED"] * 3
    assert [get(user, v1("alice", name)) for name in (b"early", b"never", b"huge")] == [b"early", b"never", b"huge"]


# ---- lineage in circles ----


def use(user, run, version):
    given = {"entityName": user.name, "projectName": "p", "runName": run, "artifactID": version["id"]}
    return user.graphql(USE, {"input": given})["useArtifact"]["artifact"]["id"]


def hops(count: int) -> str:
    """From a version to the runs that used it, to what they made, and on."""
    inner = "id"
    for _ in range(count):
        inner = f"id usedBy {{ edges {{ node {{ name outputArtifacts {{ edges {{ node {{ {inner} }} }} }} }} }} }}"
    return inner


def made_in_turn(user):
    """Run r makes a; s uses it and makes b; r uses b: each lives on what the other made, as an actor and a learner do."""
    first = log(user, "p", "a", b"a")
    second = log(user, "p", "b", b"b", run="s")
    use(user, "s", first)
    use(user, "r", second)
    return first, second


def test_versions_of_two_runs__may_be_used_in_turn_and_are_walked_to_an_end(user):
    first, second = made_in_turn(user)
    start = time.monotonic()
    node = user.graphql(f"query($id: ID!) {{ artifact(id: $id) {{ {hops(3)} }} }}", {"id": first["id"]})["artifact"]
    assert time.monotonic() - start < 5
    met = [node["id"]]
    while "usedBy" in node:
        node = node["usedBy"]["edges"][0]["node"]["outputArtifacts"]["edges"][0]["node"]
        met.append(node["id"])
    assert met == [first["id"], second["id"]] * 2


def test_walk__is_as_long_as_its_question_and_no_longer(user):
    first, _ = made_in_turn(user)
    with pytest.raises(GraphQLError) as refused:
        user.graphql(f"query($id: ID!) {{ artifact(id: $id) {{ {hops(40)} }} }}", {"id": first["id"]})
    assert refused.value.status == 400


def test_run__may_use_what_it_made(user):
    version = log(user, "p", "own", b"own")
    assert use(user, "r", version) == use(user, "r", version) == version["id"]
    query = """query($e: String!) { project(name: "p", entityName: $e) { run(name: "r") { inputArtifacts { edges { node { id } } }
        outputArtifacts { edges { node { id } } } } } }"""
    run = user.graphql(query, {"e": user.name})["project"]["run"]
    assert [[each["node"]["id"] for each in run[side]["edges"]] for side in ("inputArtifacts", "outputArtifacts")] == [[version["id"]]] * 2


# ---- versions that refer to others' files ----


def draft_of(user, name: str) -> str:
    place = {"entityName": user.name, "projectName": "p"}
    given = {**place, "artifactTypeName": "t", "artifactCollectionName": name, "digest": name, "runName": "r"}
    return user.graphql(CREATE, {"input": given})["createArtifact"]["artifact"]["id"]


def commit_with_references(user, draft: str, *targets: str) -> str:
    """As the client writes a reference to another version's file: its id in hexadecimal."""
    contents = {f"f{i}": {"digest": "x", "ref": f"wandb-artifact://{base64.b64decode(target).hex()}/a.bin", "size": 0}
                for i, target in enumerate(targets)}  # fmt: skip
    manifest = {"version": 1, "storagePolicy": "wandb-storage-policy-v1", "contents": contents}
    given = {"artifactID": draft, "name": "wandb_manifest.json", "digest": "x", "entityName": user.name, "projectName": "p"}
    url = user.graphql(MANIFEST, {"input": given})["createArtifactManifest"]["artifactManifest"]["file"]["uploadUrl"]
    assert user.server.request("PUT", url, key=None, data=json.dumps(manifest)).status_code == 200
    return user.graphql(COMMIT, {"id": draft})["commitArtifact"]["artifact"]["state"]


def test_references__lead_on_but_never_back(user):
    first = log(user, "p", "a", b"a")["id"]
    drafts = [draft_of(user, name) for name in ("b", "c", "d")]
    assert commit_with_references(user, drafts[0], first, drafts[1]) == "COMMITTED"
    assert commit_with_references(user, drafts[1], first, drafts[2]) == "COMMITTED"
    for targets in ([drafts[2]], [first, drafts[0]], [drafts[1]]):
        with pytest.raises(GraphQLError, match="circle"):
            commit_with_references(user, drafts[2], *targets)
    assert commit_with_references(user, drafts[2], first) == "COMMITTED"


def test_references__to_drafts_of_others_and_to_what_is_to_come_are_refused(user, make_user):
    other = make_user()
    for each in (user, other):
        RunUnderTest(each, "p", "r")
    other.graphql('mutation($e: String) { upsertModel(input: {entityName: $e, name: "p", access: "USER_READ"}) { inserted } }', {"e": other.name})
    theirs, version = draft_of(other, "b"), log(other, "p", "v", b"v")["id"]
    to_come = base64.b64encode(b"Artifact:" + str(10**9).encode()).decode()
    draft = draft_of(user, "a")
    for target in (theirs, to_come):
        with pytest.raises(GraphQLError, match="refers to a file of a version that is not there"):
            commit_with_references(user, draft, version, target)
    assert commit_with_references(user, draft, version) == "COMMITTED"
    assert references(user.server, draft) == 1


def references(server, version: str) -> int:
    with server.database() as database:
        number = int(base64.b64decode(version).decode().partition(":")[2])
        return database.execute(f"select count(*) from artifact_references where artifact_id = {number}").fetchone()[0]


def test_references__to_what_is_gone_and_to_what_one_may_not_see_are_alike(user, make_user):
    other = make_user()
    RunUnderTest(other, "p", "r")
    hidden, hidden_draft, gone = log(other, "p", "v", b"v")["id"], draft_of(other, "b"), log(user, "p", "gone", b"g")
    user.graphql("mutation($id: ID!) { deleteArtifactSequence(input: {artifactSequenceID: $id}) { artifactCollection { id } } }",
                 {"id": collection_id(user, "gone")})  # fmt: skip
    draft = draft_of(user, "a")
    assert commit_with_references(user, draft, hidden, hidden_draft, gone["id"]) == "COMMITTED"
    assert references(user.server, draft) == 0


def collection_id(user, name: str) -> str:
    query = 'query($e: String, $n: String!) { project(name: "p", entityName: $e) { artifactCollection(name: $n) { id } } }'
    return user.graphql(query, {"e": user.name, "n": name})["project"]["artifactCollection"]["id"]


def test_collection__is_not_linked_into_itself(user):
    version = log(user, "p", "a", b"a")
    given = {"artifactID": version["id"], "artifactPortfolioName": "a", "entityName": user.name, "projectName": "p"}
    with pytest.raises(GraphQLError, match="belongs to a sequence"):
        user.graphql("mutation($input: LinkArtifactInput!) { linkArtifact(input: $input) { versionIndex } }", {"input": given})


# ---- aliases ----

ADD = "mutation($input: AddAliasesInput!) { addAliases(input: $input) { success } }"


@pytest.mark.parametrize("alias, said", [("v0", "by their number"), ("v17", "by their number"), ("a/b", "slash"), ("a:b", "colon"), ("", "empty")])
def test_alias__that_is_none_is_refused_with_the_draft(user, alias, said):
    RunUnderTest(user, "p", "r")
    given = {"entityName": user.name, "projectName": "p", "artifactTypeName": "t", "artifactCollectionName": "c", "digest": "x", "runName": "r",
             "aliases": [{"artifactCollectionName": "c", "alias": alias}]}  # fmt: skip
    with pytest.raises(GraphQLError, match=said):
        user.graphql(CREATE, {"input": given})


def test_version_number__is_given_to_the_version_that_has_it_and_to_no_other(user):
    first, second = log(user, "p", "c", b"one"), log(user, "p", "c2", b"two")
    assert first["id"] != second["id"]
    aliases = lambda name, alias: [{"entityName": user.name, "projectName": "p", "artifactCollectionName": name, "alias": alias}]  # noqa: E731
    assert user.graphql(ADD, {"input": {"artifactID": first["id"], "aliases": aliases("c", "v0")}})["addAliases"]["success"]
    with pytest.raises(GraphQLError, match="by their number"):
        user.graphql(ADD, {"input": {"artifactID": first["id"], "aliases": aliases("c", "v1")}})
    listed = user.graphql("query($id: ID!) { artifact(id: $id) { aliases { alias } } }", {"id": first["id"]})["artifact"]["aliases"]
    assert sorted(each["alias"] for each in listed) == ["latest", "v0"]


# ---- what a version is added to ----


def draft_on(user, base, name="grown"):
    """A draft that adds nothing to its base, ready to be committed; base None is the draft itself."""
    RunUnderTest(user, "p", "r")
    place = {"entityName": user.name, "projectName": "p"}
    given = {**place, "artifactTypeName": "t", "artifactCollectionName": name, "digest": "more", "runName": "r"}
    draft = user.graphql(CREATE, {"input": given})["createArtifact"]["artifact"]["id"]
    manifest = {"version": 1, "storagePolicy": "wandb-storage-policy-v1", "contents": {}}
    given = {"artifactID": draft, "name": "m.json", "digest": "x", "type": "INCREMENTAL", "baseArtifactID": base or draft, **place}
    url = user.graphql(MANIFEST, {"input": given})["createArtifactManifest"]["artifactManifest"]["file"]["uploadUrl"]
    assert user.server.request("PUT", url, key=None, data=json.dumps(manifest)).status_code == 200
    return draft


def test_base__is_another_version(user):
    base = log(user, "p", "grown", b"base")
    assert user.graphql(COMMIT, {"id": draft_on(user, base["id"])})["commitArtifact"]["artifact"]["state"] == "COMMITTED"
    with pytest.raises(GraphQLError, match="its own base"):
        user.graphql(COMMIT, {"id": draft_on(user, None, "circle")})


def test_base__that_was_deleted_meanwhile_is_named(user):
    base = log(user, "p", "grown", b"base")
    draft = draft_on(user, base["id"])
    user.graphql(DELETE, {"id": base["id"]})
    with pytest.raises(GraphQLError, match="no longer, a version"):
        user.graphql(COMMIT, {"id": draft})
