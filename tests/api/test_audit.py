"""Safety rule 7: what people change leaves a row that says who did it, in the same transaction, and administrators read it."""

from __future__ import annotations

import itertools
import re

import pytest
import requests

from tests.conftest import User
from tests.support.artifact_draft import Draft
from tests.support.protocol import UPSERT, RunUnderTest

_numbers = itertools.count(1)


class World:
    """An administrator, a team of hers, and fresh things in it for each change."""

    def __init__(self, server):
        self.server = server
        self.owner = User(server, f"auditor{next(_numbers)}")
        self.team = f"{self.owner.name}-team"
        assert server.run_cli("team", "add", self.team, "--admin", self.owner.name).returncode == 0

    def change(self, name: str, given: dict, asker=None):
        kind = name[0].upper() + name[1:] + "Input!"
        query = f"mutation M($input: {kind}) {{ {name}(input: $input) {{ __typename }} }}"
        return (asker or self.owner).graphql(query, {"input": given})

    def as_admin(self, name: str, given: dict):
        kind = name[0].upper() + name[1:] + "Input!"
        return self.server.graphql(f"mutation M($input: {kind}) {{ {name}(input: $input) {{ __typename }} }}", {"input": given})

    def run(self) -> dict:
        number = next(_numbers)
        given = {"entity": self.team, "project": f"p{number}", "name": "run"}
        return self.owner.graphql(UPSERT, given)["upsertBucket"]["bucket"] | {"project": f"p{number}"}

    def project(self) -> str:
        query = "query Q($e: String!, $p: String!) { project(name: $p, entityName: $e) { id } }"
        return self.owner.graphql(query, {"e": self.team, "p": self.run()["project"]})["project"]["id"]

    def file(self) -> str:
        run = RunUnderTest(self.owner, f"f{next(_numbers)}", "run")
        assert requests.put(run.upload_urls("a.txt")["a.txt"], data=b"x", timeout=30).ok
        return run.files("a.txt")["a.txt"]["id"]

    def artifact(self) -> Draft:
        draft = Draft(self.owner, f"a{next(_numbers)}")
        assert draft.put_manifest({}).ok
        draft.commit()
        return draft

    def collection(self) -> str:
        query = "query Q($id: ID!) { artifact(id: $id) { artifactSequence { id } } }"
        return self.owner.graphql(query, {"id": self.artifact().id})["artifact"]["artifactSequence"]["id"]

    def portfolio(self) -> str:
        draft, query = self.artifact(), "query Q($id: ID!) { artifact(id: $id) { artifactMemberships { edges { node {" \
                                        " artifactCollection { id __typename } } } } } }"
        self.change("linkArtifact", {"artifactID": draft.id, "entityName": self.owner.name, "projectName": "portfolios",
                                     "artifactPortfolioName": f"best{next(_numbers)}"})
        edges = self.owner.graphql(query, {"id": draft.id})["artifact"]["artifactMemberships"]["edges"]
        found = [edge["node"]["artifactCollection"] for edge in edges]
        return next(each["id"] for each in found if each["__typename"] == "ArtifactPortfolio")

    def key(self) -> str:
        self.change("generateApiKey", {"description": "second"})
        query = "{ viewer { apiKeys { edges { node { id description } } } } }"
        edges = self.owner.graphql(query)["viewer"]["apiKeys"]["edges"]
        return next(edge["node"]["id"] for edge in edges if edge["node"]["description"] == "second")

    def invite(self) -> str:
        query = """mutation M($e: String!, $m: String!) { createInvite(input: {entityName: $e, email: $m}) { invite { id } } }"""
        return self.owner.graphql(query, {"e": self.team, "m": f"x{next(_numbers)}@example.org"})["createInvite"]["invite"]["id"]

    def alias(self, name: str) -> None:
        draft = self.artifact()
        query = "query Q($id: ID!) { artifact(id: $id) { artifactSequence { name } } }"
        collection = self.owner.graphql(query, {"id": draft.id})["artifact"]["artifactSequence"]["name"]
        given = {"artifactID": draft.id, "aliases": [{"artifactCollectionName": collection, "alias": "best"}]}
        self.change("addAliases", given)
        if name == "deleteAliases":
            self.change(name, given)

    def unlink(self) -> None:
        portfolio = self.portfolio()
        query = "query Q($id: ID!) { artifactCollection(id: $id) { artifacts { edges { node { id } } } } }"
        linked = self.owner.graphql(query, {"id": portfolio})["artifactCollection"]["artifacts"]["edges"][0]["node"]["id"]
        self.change("unlinkArtifact", {"artifactID": linked, "artifactPortfolioID": portfolio})

    def collection_names(self) -> dict:
        query = "query Q($id: ID!) { artifact(id: $id) { artifactSequence { name project { name entityName } } } }"
        found = self.owner.graphql(query, {"id": self.artifact().id})["artifact"]["artifactSequence"]
        return {"entityName": found["project"]["entityName"], "projectName": found["project"]["name"], "artifactCollectionName": found["name"]}

    def sweep(self) -> str:
        config = "{method: grid, parameters: {x: {values: [1, 2]}}}"
        given = {"entityName": self.team, "projectName": f"s{next(_numbers)}", "config": config}
        query = "mutation M($input: UpsertSweepInput!) { upsertSweep(input: $input) { sweep { id } } }"
        return self.owner.graphql(query, {"input": given})["upsertSweep"]["sweep"]["id"]

    def move(self) -> None:
        run = self.run()
        self.change("moveRuns", {"ids": [run["id"]], "sourceEntityName": self.team, "sourceProjectName": run["project"],
                                 "destinationEntityName": self.team, "destinationProjectName": f"to{next(_numbers)}"})  # fmt: skip

    def rows(self) -> list[dict]:
        columns = ("id", "action", "user_id", "key_id", "address")
        with self.server.database() as database:
            cursor = database.execute(f"select {', '.join(columns)} from audit order by id")
            return [dict(zip(columns, row)) for row in cursor.fetchall()]


@pytest.fixture(scope="module")
def world(server) -> World:
    return World(server)


# What is done, and how its row is called.
CHANGES = {
    "createInvite": ("invite.add", lambda w: w.invite()),
    "createServiceAccount": ("user.add", lambda w: w.change("createServiceAccount", {"entityName": w.team, "description": "robot"})),
    "createTeam": ("entity.add", lambda w: w.change("createTeam", {"teamName": f"{w.owner.name}-t{next(_numbers)}"})),
    "createUser": ("user.add", lambda w: w.as_admin("createUser", {"email": f"u{next(_numbers)}@example.org", "admin": False})),
    "deleteApiKey": ("key.revoke", lambda w: w.change("deleteApiKey", {"id": w.key()})),
    "deleteArtifact": ("artifact.delete", lambda w: w.change("deleteArtifact", {"artifactID": w.artifact().id, "deleteAliases": True})),
    "deleteArtifactPortfolio": ("collection.delete", lambda w: w.change("deleteArtifactPortfolio", {"artifactPortfolioID": w.portfolio()})),
    "deleteArtifactSequence": ("collection.delete", lambda w: w.change("deleteArtifactSequence", {"artifactSequenceID": w.collection()})),
    "deleteFiles": ("file.delete", lambda w: w.change("deleteFiles", {"files": [w.file()]})),
    "deleteInvite": ("invite.drop", lambda w: w.change("deleteInvite", {"id": w.invite(), "entityName": w.team})),
    "deleteModel": ("project.delete", lambda w: w.change("deleteModel", {"id": w.project()})),
    "deleteRun": ("run.delete", lambda w: w.change("deleteRun", {"id": w.run()["id"]})),
    "deleteRuns": ("run.delete", lambda w: w.change("deleteRuns", {"ids": [w.run()["id"]]})),
    "addAliases": ("alias.add", lambda w: w.alias("addAliases")),
    "createArtifactCollectionTagAssignments": ("collection.tag", lambda w: w.change(
        "createArtifactCollectionTagAssignments", {**w.collection_names(), "tags": [{"tagName": "good"}]})),
    "deleteAliases": ("alias.delete", lambda w: w.alias("deleteAliases")),
    "deleteSweep": ("sweep.delete", lambda w: w.change("deleteSweep", {"id": w.sweep()})),
    "linkArtifact": ("artifact.link", lambda w: w.portfolio()),
    "moveArtifactSequence": ("collection.move", lambda w: w.change(
        "moveArtifactSequence", {"artifactSequenceID": w.collection(), "destinationArtifactTypeName": "other"})),
    "moveRuns": ("run.move", lambda w: w.move()),
    "renameProject": ("project.rename", lambda w: w.change("renameProject", {
        "entityName": w.team, "oldProjectName": w.run()["project"], "newProjectName": f"n{next(_numbers)}"})),
    "rewindRun": ("run.rewind", lambda w: w.change("rewindRun", {
        "entityName": w.team, "projectName": w.run()["project"], "runName": "run", "metricName": "_step", "metricValue": 0})),
    "stopRun": ("run.stop", lambda w: w.change("stopRun", {"id": w.run()["id"]})),
    "unlinkArtifact": ("artifact.unlink", lambda w: w.unlink()),
    "updateArtifactSequence": ("collection.change", lambda w: w.change(
        "updateArtifactSequence", {"artifactSequenceID": w.collection(), "description": "new"})),
    "updateProtectedAliases": ("alias.protect", lambda w: w.change(
        "updateProtectedAliases", {"projectId": w.project(), "aliasesToAdd": ["production"]})),
    "updateRunState": ("run.state", lambda w: w.change("updateRunState", {"id": w.run()["id"], "state": "failed"})),
    "upsertSweep": ("sweep.state", lambda w: w.change("upsertSweep", {"id": w.sweep(), "state": "PAUSED"})),
    "generateApiKey": ("key.add", lambda w: w.change("generateApiKey", {"description": "third"})),
    "upsertModel": ("project.publish", lambda w: w.change("upsertModel", {"id": w.project(), "access": "USER_READ"})),
}

# Those that have a test where they are made, or share their work with one above.
ELSEWHERE = {
    "createProjectMembers", "deleteProjectMembers", "updateProjectMember", "updateProjectTeamMember",  # registries
    "createFilterTrigger", "updateFilterTrigger", "deleteTrigger",  # automations
    "createGenericWebhookIntegration", "deleteIntegration",
    "createAccessToken", "revokeAccessToken", "updateAccessTokenProjects",  # links
    "createCustomChart", "deleteView", "restore",
    "deleteArtifactCollectionTagAssignments", "updateArtifactPortfolio",
}  # fmt: skip
# What clients do all day while they log: the runs, the versions and their histories are the record of it.
LOGGING = {
    "agentHeartbeat", "commitArtifact", "completeMultipartUploadArtifact", "createAgent", "createArtifact", "createArtifactFiles",
    "createArtifactManifest", "createArtifactType", "createRunFiles", "enqueueSweepRun", "markRunFilesUploaded",
    "notifyScriptableRunAlert", "updateArtifact", "updateArtifactManifest", "upsertBucket", "useArtifact",
}  # fmt: skip
# What concerns the asker alone, is kept version by version as it is saved, or is what people say, with their names and times on it.
OWN = {
    "updateAlertSetting", "updateProjectAlertSetting", "upsertView", "starView", "unstarView",
    "createDiscussionComment", "createDiscussionThread", "deleteDiscussionComment", "resolveDiscussionThread", "updateDiscussionComment",
}  # fmt: skip
NOT_OFFERED = {
    "ackRunQueueItem", "createAnonymousEntity", "createDefaultResourceConfig", "createLaunchAgent",
    "createRunQueue", "deleteFromRunQueue", "deleteRunQueues", "failRunQueueItem", "popFromRunQueue", "pushToRunQueue",
    "pushToRunQueueByName", "updateLaunchAgent", "updateRunQueueItemWarning",
    "upsertRunQueue",
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_leaves_a_row(world, name):
    action, change = CHANGES[name]
    before = len(world.rows())
    change(world)
    rows = [row for row in world.rows()[before:] if row["action"] == action]
    assert rows, [row["action"] for row in world.rows()[before:]]
    assert rows[-1]["user_id"] and rows[-1]["key_id"] and rows[-1]["address"] == "127.0.0.1"


def test_every_mutation_has_a_row_or_a_reason(server):
    fields = server.graphql("{ __schema { mutationType { fields { name } } } }")["__schema"]["mutationType"]["fields"]
    groups = (set(CHANGES), ELSEWHERE, LOGGING, OWN, NOT_OFFERED)
    assert {field["name"] for field in fields} == set().union(*groups)
    assert sum(map(len, groups)) == len(fields)


def test_the_log_can_be_read(world, server, make_user):
    world.change("deleteRun", {"id": world.run()["id"]})
    path = "/api/admin/audit/{}"
    first = server.request("GET", path.format(0)).json()
    assert first[0]["action"] == "user.add_admin" and first[0]["address"] == "local"
    rows, last = [], 0
    while page := server.request("GET", path.format(last)).json():
        rows, last = rows + page, page[-1]["id"]
    row = next(row for row in reversed(rows) if row["action"] == "run.delete")
    assert (row["user"], row["entity"], row["address"]) == (world.owner.name, world.team, "127.0.0.1")
    assert re.fullmatch(r"p\d+/run", row["subject"]) and row["key_id"] > 0
    assert server.request("GET", path.format(0), key=world.owner.key).status_code == 403
    assert server.request("GET", path.format("x")).status_code == 400

    listed = server.run_cli("audit", "list", "--user", world.owner.name, "--action", "run.")
    lines = listed.stdout.splitlines()
    assert listed.returncode == 0 and lines and all(world.owner.name in line and " run." in line for line in lines)
    assert server.run_cli("audit", "list", "--since", "2100-01-01").stdout == ""
    assert server.run_cli("audit", "list", "--since", "tomorrow").returncode != 0


def test_a_failed_log_in_leaves_a_row_without_anybody(server, world):
    before = len(world.rows())
    answer = server.request("POST", "/api/session", key=None, json={"username": world.owner.name, "password": "wrong password"},
                            headers={"Origin": server.base_url})
    assert answer.status_code == 401
    row = world.rows()[before:][-1]
    assert (row["action"], row["user_id"], row["key_id"]) == ("session.refused", None, None)
    assert row["address"] == "127.0.0.1"


def test_a_wrong_current_password_leaves_a_row_of_whoever_gave_it(server, world):
    def change(**body):
        return server.request("PUT", "/api/password", key=world.owner.key, json=body).status_code

    assert change(password="first horse") == 204
    before = len(world.rows())
    assert change(password="second horse", current="wrong horse") == 403
    (row,) = world.rows()[before:]
    assert row["action"] == "password.refused" and row["user_id"] is not None and row["key_id"] is not None


def test_what_is_refused_leaves_none(world, make_user):
    stranger, run = make_user(), world.run()
    before = len(world.rows())
    with pytest.raises(Exception, match="not found"):
        world.change("deleteRun", {"id": run["id"]}, stranger)
    assert len(world.rows()) == before
