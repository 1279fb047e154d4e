"""What was deleted can be brought back for a while; gc says what it holds and empties it."""

from __future__ import annotations

import hashlib
import base64
import json

import pytest

from tests.conftest import User
from tests.support.protocol import RunUnderTest
from tests.support.receiver import wait_until
from tests.support.server import GraphQLError

TRASH = "query($e: String) { entity(name: $e) { trash { id kind name subjectId deletedAt removedAt } } }"
RESTORE = "mutation($id: ID!) { restore(input: {id: $id}) { success } }"
DELETE_RUN = "mutation($id: ID!) { deleteRun(input: {id: $id}) { success } }"
DELETE_PROJECT = "mutation($id: String!) { deleteModel(input: {id: $id}) { success } }"
PROJECT = 'query($e: String) { project(name: "p", entityName: $e) { id description runs { edges { node { name config } } } } }'


@pytest.fixture(scope="module")
def lab(binary, tmp_path_factory):
    from tests.support.server import Server

    server = Server(binary, tmp_path_factory.mktemp("gc") / "data", env={"BAROGRAPH_TRASH_DAYS": "7"}).start()
    yield server
    server.stop()


_count = iter(range(1, 1000))


@pytest.fixture
def owner(lab):
    return User(lab, f"gc{next(_count)}")


def trash(user):
    return user.graphql(TRASH, {"e": user.name})["entity"]["trash"]


def restore(user, item):
    return user.graphql(RESTORE, {"id": item["id"]})["restore"]["success"]


def refusal(function, *arguments) -> GraphQLError:
    with pytest.raises(GraphQLError) as caught:
        function(*arguments)
    return caught.value


def test_run__comes_back_whole(owner):
    run = RunUnderTest(owner, "p", "r", {"lr": {"value": 0.1}})
    run.send_rows(0, [{"_step": 0, "loss": 1.5}])
    owner.graphql(DELETE_RUN, {"id": run.id})
    assert owner.graphql(PROJECT, {"e": owner.name})["project"]["runs"]["edges"] == []
    item = trash(owner)[0]
    assert (item["kind"], item["subjectId"], item["removedAt"] > item["deletedAt"]) == ("run", run.id, True)
    assert restore(owner, item) is True and trash(owner) == []
    back = run.read()
    assert (back["config"], back["rows"]) == ('{"lr": {"value": 0.1}}', [{"_step": 0, "loss": 1.5}])


def test_run__whose_name_was_taken_stays_in_the_trash(owner):
    run = RunUnderTest(owner, "p", "r")
    owner.graphql(DELETE_RUN, {"id": run.id})
    RunUnderTest(owner, "p", "r")
    assert refusal(restore, owner, trash(owner)[0]).code == "CONFLICT"


def test_project__comes_back_with_its_runs(owner):
    run = RunUnderTest(owner, "p", "r")
    project = owner.graphql(PROJECT, {"e": owner.name})["project"]
    owner.graphql(DELETE_PROJECT, {"id": project["id"]})
    assert owner.graphql(PROJECT, {"e": owner.name})["project"] is None
    assert [(each["kind"], each["name"], each["subjectId"]) for each in trash(owner)] == [("project", "p", project["id"])]
    assert restore(owner, trash(owner)[0])
    assert run.read()["name"] == "r"


def test_report__comes_back(owner):
    RunUnderTest(owner, "p", "r")
    make = 'mutation($e: String) { upsertView(input: {entityName: $e, projectName: "p", name: "n", displayName: "Report", spec: "{}"}) { view { id } } }'
    view = owner.graphql(make, {"e": owner.name})["upsertView"]["view"]
    owner.graphql("mutation($id: ID!) { deleteView(input: {id: $id}) { success } }", {"id": view["id"]})
    assert [(each["kind"], each["name"], each["subjectId"]) for each in trash(owner)] == [("report", "Report", view["id"])]
    assert restore(owner, trash(owner)[0])
    assert owner.graphql("query($id: ID!) { view(id: $id) { displayName } }", {"id": view["id"]})["view"]["displayName"] == "Report"


def log_artifact(user, run, content=b"bytes"):
    md5 = base64.b64encode(hashlib.md5(content).digest()).decode()
    create = """mutation($input: CreateArtifactInput!) { createArtifact(input: $input) { artifact { id } } }"""
    given = {"entityName": user.name, "projectName": "p", "artifactTypeName": "t", "artifactCollectionName": "c", "digest": md5, "runName": run.name,
             "aliases": [{"alias": "best", "artifactCollectionName": "c"}]}  # fmt: skip
    artifact = user.graphql(create, {"input": given})["createArtifact"]["artifact"]["id"]
    files = """mutation($input: CreateArtifactFilesInput!) { createArtifactFiles(input: $input) { files { edges { node { uploadUrl } } } } }"""
    spec = {"artifactID": artifact, "name": "a.txt", "md5": md5}
    url = user.graphql(files, {"input": {"artifactFiles": [spec]}})["createArtifactFiles"]["files"]["edges"][0]["node"]["uploadUrl"]
    if url:
        assert user.server.request("PUT", url, key=None, data=content).status_code == 200
    manifest = json.dumps({"version": 1, "storagePolicy": "wandb-storage-policy-v1", "storagePolicyConfig": {"storageLayout": "V2"},
                           "contents": {"a.txt": {"digest": md5, "size": len(content)}}}).encode()  # fmt: skip
    make = """mutation($input: CreateArtifactManifestInput!) { createArtifactManifest(input: $input) { artifactManifest { file { uploadUrl } } } }"""
    given = {"artifactID": artifact, "name": "wandb_manifest.json", "digest": "x", "entityName": user.name, "projectName": "p"}
    url = user.graphql(make, {"input": given})["createArtifactManifest"]["artifactManifest"]["file"]["uploadUrl"]
    assert user.server.request("PUT", url, key=None, data=manifest).status_code == 200
    user.graphql("mutation($id: ID!) { commitArtifact(input: {artifactID: $id}) { artifact { state } } }", {"id": artifact})
    return artifact


FIND = 'query($e: String) { project(name: "p", entityName: $e) { artifact(name: "c:best") { id versionIndex tags { name } files { edges { node { name directUrl } } } } } }'


def test_version__comes_back_with_its_names_and_bytes(owner):
    run = RunUnderTest(owner, "p", "r")
    artifact = log_artifact(owner, run)
    owner.graphql('mutation($id: ID!) { updateArtifact(input: {artifactID: $id, tagsToAdd: [{tagName: "good"}]}) { artifact { id } } }', {"id": artifact})
    owner.graphql("mutation($id: ID!) { deleteArtifact(input: {artifactID: $id, deleteAliases: true}) { artifact { id } } }", {"id": artifact})
    assert owner.graphql(FIND, {"e": owner.name})["project"]["artifact"] is None
    assert [(each["kind"], each["name"], each["subjectId"]) for each in trash(owner)] == [("artifact", "c", artifact)]
    assert restore(owner, trash(owner)[0])
    found = owner.graphql(FIND, {"e": owner.name})["project"]["artifact"]
    assert (found["id"], found["versionIndex"], found["tags"]) == (artifact, 0, [{"name": "good"}])
    url = found["files"]["edges"][0]["node"]["directUrl"]
    assert owner.server.request("GET", url, key=None).content == b"bytes"


IN_COLLECTION = """query($e: String) { project(name: "p", entityName: $e) {
    artifactCollection(name: "c") { id tags { edges { node { name } } } artifacts { edges { node { id versionIndex } } } } } }"""
DELETE_COLLECTION = "mutation($id: ID!) { deleteArtifactSequence(input: {artifactSequenceID: $id}) { artifactCollection { id } } }"
DELETE_PORTFOLIO = "mutation($id: ID!) { deleteArtifactPortfolio(input: {artifactPortfolioID: $id}) { artifactCollection { id } } }"
TAG_COLLECTION = """mutation($e: String!) { createArtifactCollectionTagAssignments(input: {entityName: $e, projectName: "p",
    artifactCollectionName: "c", tags: [{tagName: "kept"}]}) { tags { name } } }"""
LINK = """mutation($id: ID!, $e: String!) { linkArtifact(input: {artifactID: $id, artifactPortfolioName: "shown", entityName: $e,
    projectName: "p", aliases: [{alias: "prod", artifactCollectionName: "shown"}]}) { versionIndex } }"""
LINKED = 'query($e: String) { project(name: "p", entityName: $e) { artifact(name: "shown:prod") { id } artifactCollection(name: "shown") { id } } }'


def collection_of(user) -> dict | None:
    return user.graphql(IN_COLLECTION, {"e": user.name})["project"]["artifactCollection"]


def test_collection__comes_back_with_its_versions_and_their_names(owner):
    run = RunUnderTest(owner, "p", "r")
    first, second = log_artifact(owner, run, b"one"), log_artifact(owner, run, b"two")
    owner.graphql(TAG_COLLECTION, {"e": owner.name})
    owner.graphql(LINK, {"id": first, "e": owner.name})
    before = collection_of(owner)
    assert [edge["node"]["id"] for edge in before["artifacts"]["edges"]] == [second, first]
    owner.graphql(DELETE_COLLECTION, {"id": before["id"]})
    assert collection_of(owner) is None and owner.graphql(LINKED, {"e": owner.name})["project"]["artifact"] is None
    item = trash(owner)[0]
    assert (item["kind"], item["name"], item["subjectId"]) == ("collection", "c", before["id"])
    assert restore(owner, item) and trash(owner) == []
    assert collection_of(owner) == before
    found = owner.graphql(FIND, {"e": owner.name})["project"]["artifact"]
    assert (found["id"], found["versionIndex"]) == (second, 1), "the alias is at the newest still"
    assert owner.server.request("GET", found["files"]["edges"][0]["node"]["directUrl"], key=None).content == b"two"
    assert owner.graphql(LINKED, {"e": owner.name})["project"]["artifact"]["id"] == first
    log_artifact(owner, run, b"three")
    assert [edge["node"]["versionIndex"] for edge in collection_of(owner)["artifacts"]["edges"]] == [2, 1, 0]


def test_portfolio__comes_back_with_its_links(owner):
    artifact = log_artifact(owner, RunUnderTest(owner, "p", "r"))
    owner.graphql(LINK, {"id": artifact, "e": owner.name})
    portfolio = owner.graphql(LINKED, {"e": owner.name})["project"]["artifactCollection"]["id"]
    owner.graphql(DELETE_PORTFOLIO, {"id": portfolio})
    assert owner.graphql(LINKED, {"e": owner.name})["project"] == {"artifact": None, "artifactCollection": None}
    assert restore(owner, trash(owner)[0])
    assert owner.graphql(LINKED, {"e": owner.name})["project"] == {"artifact": {"id": artifact}, "artifactCollection": {"id": portfolio}}


def test_version__of_a_portfolio_in_the_trash_waits_for_it(owner):
    artifact = log_artifact(owner, RunUnderTest(owner, "p", "r"))
    owner.graphql(LINK, {"id": artifact, "e": owner.name})
    portfolio = owner.graphql(LINKED, {"e": owner.name})["project"]["artifactCollection"]["id"]
    owner.graphql("mutation($id: ID!) { deleteArtifact(input: {artifactID: $id, deleteAliases: true}) { artifact { id } } }", {"id": artifact})
    owner.graphql(DELETE_PORTFOLIO, {"id": portfolio})
    for kind in ("artifact", "collection"):
        assert restore(owner, next(item for item in trash(owner) if item["kind"] == kind))
    assert owner.graphql(LINKED, {"e": owner.name})["project"]["artifact"] == {"id": artifact}


def test_collection__whose_name_was_taken_waits_for_it(owner):
    run = RunUnderTest(owner, "p", "r")
    first = log_artifact(owner, run)
    old = collection_of(owner)["id"]
    owner.graphql(DELETE_COLLECTION, {"id": old})
    second = log_artifact(owner, run, b"other bytes")
    new = collection_of(owner)["id"]
    error = refusal(restore, owner, trash(owner)[0])
    assert error.code == "CONFLICT" and "its name was taken" in str(error)
    rename = 'mutation($id: ID!) { updateArtifactSequence(input: {artifactSequenceID: $id, name: "d"}) { artifactCollection { id } } }'
    owner.graphql(rename, {"id": new})
    assert restore(owner, trash(owner)[0])
    assert new != old and [edge["node"]["id"] for edge in collection_of(owner)["artifacts"]["edges"]] == [first] != [second]


def test_stranger__neither_sees_nor_restores(owner, lab):
    run = RunUnderTest(owner, "p", "r")
    owner.graphql(DELETE_RUN, {"id": run.id})
    stranger = User(lab, f"gc{next(_count)}")
    assert stranger.graphql(TRASH, {"e": owner.name}) == {"entity": None}
    assert refusal(restore, stranger, trash(owner)[0]).code == "NOT_FOUND"


def rows(server, table):
    with server.database() as database:
        return database.execute(f"select count(*) from {table}").fetchone()[0]


def test_gc__says_first_and_frees_when_told(make_server):
    server = make_server(env={"BAROGRAPH_TRASH_DAYS": "7"})
    user = User(server, "owner")
    run = RunUnderTest(user, "p", "r")
    log_artifact(user, RunUnderTest(user, "p", "other"))
    user.graphql(DELETE_RUN, {"id": run.id})
    said = server.run_cli("gc")
    assert said.returncode == 0 and "1 runs" in said.stdout and "--yes" in said.stdout
    assert len(trash(user)) == 1
    done = server.run_cli("gc", "--yes", "--json")
    assert json.loads(done.stdout)["runs"] == 1 and trash(user) == []
    wait_until(lambda: rows(server, "removals") == 0)
    assert rows(server, "run_configs") == 1
    assert server.run_cli("gc", key=user.key).returncode == 1


def test_gc__takes_collections_whole(make_server):
    server = make_server(env={"BAROGRAPH_TRASH_DAYS": "7"})
    user = User(server, "owner")
    log_artifact(user, RunUnderTest(user, "p", "r"))
    user.graphql(DELETE_COLLECTION, {"id": collection_of(user)["id"]})
    assert json.loads(server.run_cli("gc", "--json").stdout)["collections"] == 1
    assert json.loads(server.run_cli("gc", "--json").stdout)["bytes"] == len(b"bytes")
    assert server.run_cli("gc", "--yes").returncode == 0 and trash(user) == []
    wait_until(lambda: rows(server, "removals") == 0)
    for table in ("trashed_collections", "artifact_memberships", "artifact_aliases", "artifact_files", "project_blobs"):
        assert rows(server, table) == 0, table


def test_trash__may_be_none(server, user):
    run = RunUnderTest(user, "p", "r")
    user.graphql(DELETE_RUN, {"id": run.id})
    assert trash(user) == []
    wait_until(lambda: rows(server, f"runs where deleted_at is not null and id in (select subject_id from removals) and name = 'r' and user_id = (select id from users where username = '{user.name}')") == 0)


def test_limit__of_a_project_is_set_on_the_command_line(server, user):
    run = RunUnderTest(user, "limited", "r")
    log_file = run.put("model.bin", b"weights" * 100)
    assert log_file.status_code == 200
    place = f"{user.name}/limited"
    assert server.run_cli("project", "limit", place).stdout == "no limit of its own\n"
    assert server.run_cli("project", "limit", place, "5000").stdout == "5000 bytes\n"
    assert json.loads(server.run_cli("project", "limit", place, "--json").stdout) == {"bytes": 5000}
    held = server.run_cli("project", "list").stdout
    assert f"700 of 5000 bytes in {place}\n" in held and f"700 bytes of {user.name}\n" in held
    assert server.run_cli("project", "limit", place, "0").stdout == "no limit of its own\n"


@pytest.mark.parametrize("arguments, said", [
    (["limit", "nowhere"], "not ENTITY/PROJECT"), (["limit", "no/such"], "not found"), (["limit", "admin/p", "much"], "not a number of bytes"),
    (["limit", "admin/p", "-1"], "not a number of bytes"),
])  # fmt: skip
def test_limit__that_is_none_is_refused_in_words(server, arguments, said):
    done = server.run_cli("project", *arguments)
    assert done.returncode != 0 and said in done.stderr


def test_limit__is_for_administrators(server, user):
    RunUnderTest(user, "limited", "r")
    assert server.run_cli("project", "limit", f"{user.name}/limited", "10", key=user.key).returncode == 1
