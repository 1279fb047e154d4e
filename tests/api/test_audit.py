"""Safety rule 7: what changes rights or deletes something leaves a row that says who did it, in the same transaction."""

from __future__ import annotations

import itertools
import re

import pytest
import requests

from tests.api.test_safety import Draft
from tests.conftest import User
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
    "generateApiKey": ("key.add", lambda w: w.change("generateApiKey", {"description": "third"})),
    "upsertModel": ("project.publish", lambda w: w.change("upsertModel", {"id": w.project(), "access": "USER_READ"})),
}

# Names that are no rights and no deletions of what was logged; and those that have a test where they are made.
OTHERS = {
    "createAccessToken", "revokeAccessToken", "updateAccessTokenProjects",  # not offered
    "createProjectMembers", "deleteProjectMembers",  # registries
    "deleteIntegration", "deleteSweep", "deleteTrigger", "deleteView",
    "deleteAliases", "deleteArtifactCollectionTagAssignments", "unlinkArtifact",  # names of what stays
    "createAnonymousEntity",  # always fails
    "deleteFromRunQueue", "deleteRunQueues",  # not offered
}
TELLING = re.compile(r"^(delete|revoke|generate|remove)|^create(Access|Anonymous|Invite|Project|Service|Team|User)")


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_rights_or_a_deletion_leaves_a_row(world, name):
    action, change = CHANGES[name]
    before = len(world.rows())
    change(world)
    rows = [row for row in world.rows()[before:] if row["action"] == action]
    assert rows, [row["action"] for row in world.rows()[before:]]
    assert rows[-1]["user_id"] and rows[-1]["key_id"] and rows[-1]["address"] == "127.0.0.1"


def test_every_mutation_of_that_kind_is_looked_at(server):
    fields = server.graphql("{ __schema { mutationType { fields { name } } } }")["__schema"]["mutationType"]["fields"]
    telling = {field["name"] for field in fields if TELLING.match(field["name"])}
    assert telling <= set(CHANGES) | OTHERS, telling - set(CHANGES) - OTHERS


def test_a_failed_log_in_leaves_a_row_without_anybody(server, world):
    before = len(world.rows())
    answer = server.request("POST", "/api/session", key=None, json={"username": world.owner.name, "password": "wrong password"},
                            headers={"Origin": server.base_url})
    assert answer.status_code == 401
    row = world.rows()[before:][-1]
    assert (row["action"], row["user_id"], row["key_id"]) == ("session.refused", None, None)
    assert row["address"] == "127.0.0.1"


def test_what_is_refused_leaves_none(world, make_user):
    stranger, run = make_user(), world.run()
    before = len(world.rows())
    with pytest.raises(Exception, match="not found"):
        world.change("deleteRun", {"id": run["id"]}, stranger)
    assert len(world.rows()) == before
