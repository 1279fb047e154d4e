"""The addresses that clients put together for an artifact's bytes: storage layouts V1 and V2, while versions come and go."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from tests.conftest import User
from tests.support.protocol import RunUnderTest

CREATE = "mutation($input: CreateArtifactInput!) { createArtifact(input: $input) { artifact { id } } }"
FILES = """mutation($input: CreateArtifactFilesInput!) { createArtifactFiles(input: $input) { files { edges { node { uploadUrl
    artifact { id } } } } } }"""
COMMIT = "mutation($id: ID!) { commitArtifact(input: {artifactID: $id}) { artifact { state } } }"
MANIFEST = "mutation($input: CreateArtifactManifestInput!) { createArtifactManifest(input: $input) { artifactManifest { file { uploadUrl } } } }"
DELETE = "mutation($id: ID!) { deleteArtifact(input: {artifactID: $id, deleteAliases: true}) { artifact { id } } }"


def md5(content: bytes) -> bytes:
    return hashlib.md5(content).digest()


def v1(entity, content):
    return f"/artifacts/{entity}/{md5(content).hex()}"


def short_v2(entity, birth, content):
    return f"/artifactsV2/default/{entity}/{birth}/{md5(content).hex()}"


def log(user, project, name, content: bytes, run="r", path="a.bin") -> dict:
    """A committed version of one file, as the layout V1 describes it; the ids of it and of what first held its bytes. The file is
    sent as a.bin, whatever its path in the manifest."""
    RunUnderTest(user, project, run)
    place = {"entityName": user.name, "projectName": project}
    given = {**place, "artifactTypeName": "t", "artifactCollectionName": name, "digest": name, "runName": run}
    version = user.graphql(CREATE, {"input": given})["createArtifact"]["artifact"]["id"]
    digest = base64.b64encode(md5(content)).decode()
    spec = {"artifactFiles": [{"artifactID": version, "name": "a.bin", "md5": digest}], "storageLayout": "V1"}
    node = user.graphql(FILES, {"input": spec})["createArtifactFiles"]["files"]["edges"][0]["node"]
    if node["uploadUrl"] is not None:
        assert user.server.request("PUT", node["uploadUrl"], key=None, data=content).status_code == 200
    manifest = {"version": 1, "storagePolicy": "wandb-storage-policy-v1", "storagePolicyConfig": {"storageLayout": "V1"},
                "contents": {path: {"digest": digest, "size": len(content)}}}  # fmt: skip
    given = {"artifactID": version, "name": "wandb_manifest.json", "digest": "x", **place}
    url = user.graphql(MANIFEST, {"input": given})["createArtifactManifest"]["artifactManifest"]["file"]["uploadUrl"]
    assert user.server.request("PUT", url, key=None, data=json.dumps(manifest)).status_code == 200
    assert user.graphql(COMMIT, {"id": version})["commitArtifact"]["artifact"]["state"] == "COMMITTED"
    return {"id": version, "birth": node["artifact"]["id"]}


def get(user, path):
    response = user.server.request("GET", path, key=user.key)
    return response.content if response.status_code == 200 else response.status_code


def test_file__may_have_another_path_in_the_manifest_than_it_was_sent_as(user):
    version = log(user, "p", "c", b"sent under one name", path="b/c.bin")
    query = "query($id: ID!) { artifact(id: $id) { files { edges { node { name sizeBytes } } } } }"
    files = user.graphql(query, {"id": version["id"]})["artifact"]["files"]["edges"]
    assert files == [{"node": {"name": "b/c.bin", "sizeBytes": 19}}]
    assert get(user, v1(user.name, b"sent under one name")) == b"sent under one name"


def test_v1__is_served_from_any_project_of_the_entity(user):
    log(user, "p", "c", b"one")
    log(user, "q", "c", b"two")
    assert [get(user, v1(user.name, content)) for content in (b"one", b"two", b"three")] == [b"one", b"two", 404]


@pytest.mark.parametrize("path", ["/artifacts/{}/nothex", "/artifacts/nobody-at-all/" + md5(b"kept").hex(), "/artifacts/{}/" + "0" * 32])
def test_v1__of_what_is_not_there_is_404(user, path):
    log(user, "p", "c", b"kept")
    assert get(user, path.format(user.name)) == 404


def test_v1__tells_strangers_nothing(user, make_user):
    log(user, "p", "c", b"secret")
    stranger = make_user()
    log(stranger, "p", "c", b"own")
    assert get(stranger, v1(user.name, b"secret")) == 404
    assert get(stranger, v1(stranger.name, b"secret")) == 404
    assert user.server.request("GET", v1(user.name, b"secret"), key=None).status_code == 401


def test_v1__of_a_deleted_version_lasts_as_long_as_another_holds_the_bytes(user):
    versions = [log(user, "p", name, b"shared") for name in ("c", "d")]
    for version, left in zip(versions, (b"shared", 404), strict=True):
        user.graphql(DELETE, {"id": version["id"]})
        assert get(user, v1(user.name, b"shared")) == left


def test_v2__of_a_deleted_birth_lasts_as_long_as_another_holds_the_bytes(user, make_user):
    first, second = (log(user, "p", name, b"inherited") for name in ("c", "d"))
    assert second["birth"] == first["id"]
    addresses = [short_v2(user.name, first["id"], b"inherited"),
                 f"/artifactsV2/default/{user.name}/p/d/{first['id']}/{md5(b'inherited').hex()}/a.bin"]  # fmt: skip
    user.graphql(DELETE, {"id": first["id"]})
    assert [get(user, each) for each in addresses] == [b"inherited"] * 2
    assert get(user, short_v2(user.name, first["id"], b"other")) == 404
    assert [get(make_user(), each) for each in addresses] == [404] * 2
    user.graphql(DELETE, {"id": second["id"]})
    assert [get(user, each) for each in addresses] == [404] * 2


def test_v2__of_a_birth_whose_collection_was_deleted_lasts_as_well(user):
    first, second = (log(user, "p", name, b"kept") for name in ("c", "d"))
    query = "query($id: ID!) { artifact(id: $id) { artifactSequence { id } } }"
    collection = user.graphql(query, {"id": first["id"]})["artifact"]["artifactSequence"]["id"]
    user.graphql("mutation($id: ID!) { deleteArtifactSequence(input: {artifactSequenceID: $id}) { clientMutationId } }", {"id": collection})
    assert get(user, short_v2(user.name, second["birth"], b"kept")) == b"kept"
    third = log(user, "p", "e", b"kept")  # nothing is sent, and what first held the bytes can still be named
    assert third["birth"] == first["id"]
    assert get(user, short_v2(user.name, third["birth"], b"kept")) == b"kept"


def test_v2__of_a_deleted_version_that_is_named_itself_is_404(user):
    first, second = (log(user, "p", name, b"twice") for name in ("c", "d"))
    user.graphql(DELETE, {"id": first["id"]})
    path = "/artifactsV2/default/{}/p/{}/{}/{}/{}/a.bin"
    hexadecimal = md5(b"twice").hex()
    assert get(user, path.format(user.name, "d", second["id"], first["id"], hexadecimal)) == b"twice"
    assert get(user, path.format(user.name, "c", first["id"], first["id"], hexadecimal)) == 404


def test_v1__of_a_team_is_for_its_members(server, make_user):
    owner, member = make_user(), make_user()
    team = f"team-{owner.name}"
    assert server.run_cli("team", "add", team).returncode == 0
    for each, role in ((owner, "admin"), (member, "viewer")):
        assert server.run_cli("team", "member", team, each.name, "--role", role).returncode == 0
    in_team = User.__new__(User)
    in_team.server, in_team.name, in_team.key = server, team, owner.key
    log(in_team, "p", "c", b"of the team")
    assert get(member, v1(team, b"of the team")) == b"of the team"
    assert get(make_user(), v1(team, b"of the team")) == 404
