"""Protected aliases: whatever would set one, move it or take it away is for administrators of the registry only."""

from __future__ import annotations

import itertools
import json

import pytest

from tests.api.test_artifact_addresses import COMMIT, CREATE, DELETE, MANIFEST, log
from tests.api.test_artifact_lives import put_back
from tests.api.test_registry import Organisation, refusal
from tests.conftest import User
from tests.support.receiver import wait_until

PROTECT = "mutation($input: UpdateProtectedAliasesInput!) { updateProtectedAliases(input: $input) { project { protectedAliases } } }"
LINK = "mutation($input: LinkArtifactInput!) { linkArtifact(input: $input) { versionIndex artifactMembership { artifactCollection { id } } } }"
UNLINK = "mutation($input: UnlinkArtifactInput!) { unlinkArtifact(input: $input) { success } }"
ADD = "mutation($input: AddAliasesInput!) { addAliases(input: $input) { success } }"
TAKE = "mutation($input: DeleteAliasesInput!) { deleteAliases(input: $input) { success } }"
UPDATE = "mutation($input: UpdateArtifactInput!) { updateArtifact(input: $input) { artifact { id } } }"
ALIASES = """query($o: String!) { project(name: "wandb-registry-r", entityName: $o) { artifactCollection(name: "net") {
    aliases { edges { node { alias artifact { id } } } } } } }"""
RESTORE = "mutation($input: RestoreInput!) { restore(input: $input) { success } }"


class Shelf:
    """A registry whose alias "prod" is protected, with a version of the member's that has it and one that has not."""

    def __init__(self, server, make_user):
        self.org = Organisation(server, make_user)
        self.admin, self.member, self.teammate = self.org.maker, self.org.member, self.org.teammate
        self.project = self.org.upsert(self.admin)["project"]["id"]
        assert self.protect(self.admin, "prod") == ["prod"]
        self.first, self.second = (log(self.member, "p", "net", content)["id"] for content in (b"one", b"two"))
        for version in (self.first, self.second):
            linked = self.link(self.member, version)
        self.collection = linked["artifactMembership"]["artifactCollection"]["id"]
        self.change(self.org.admin, ADD, self.first, "prod")

    def protect(self, user, *aliases, **values):
        given = {"projectId": self.project, "aliasesToAdd": list(aliases), **values}
        return user.graphql(PROTECT, {"input": given})["updateProtectedAliases"]["project"]["protectedAliases"]

    def link(self, user, version, *aliases):
        place = {"entityName": self.org.name, "projectName": "wandb-registry-r", "artifactPortfolioName": "net"}
        return user.graphql(LINK, {"input": {**place, "artifactID": version, "aliases": [{"alias": each} for each in aliases]}})["linkArtifact"]

    def change(self, user, mutation, version, alias):
        place = {"entityName": self.org.name, "projectName": "wandb-registry-r", "artifactCollectionName": "net"}
        return user.graphql(mutation, {"input": {"artifactID": version, "aliases": [{**place, "alias": alias}]}})

    def unlink(self, user, version):
        return user.graphql(UNLINK, {"input": {"artifactID": version, "artifactPortfolioID": self.collection}})

    def holder(self):
        """The version that "prod" names."""
        edges = self.admin.graphql(ALIASES, {"o": self.org.name})["project"]["artifactCollection"]["aliases"]["edges"]
        return next((edge["node"]["artifact"]["id"] for edge in edges if edge["node"]["alias"] == "prod"), None)


@pytest.fixture
def shelf(server, make_user):
    return Shelf(server, make_user)


def told(shelf, function, *arguments):
    error = refusal(function, *arguments)
    expected = f"the alias 'prod' is protected: only administrators of '{shelf.org.name}/wandb-registry-r' may set it or take it away"
    assert error.code == "FORBIDDEN" and expected in str(error), str(error)
    assert shelf.holder() == shelf.first


def test_member__neither_sets_nor_moves_nor_takes_it(shelf):
    told(shelf, shelf.change, shelf.member, ADD, shelf.second, "prod")
    told(shelf, shelf.change, shelf.member, TAKE, shelf.first, "prod")
    told(shelf, shelf.link, shelf.member, shelf.second, "prod")
    third = log(shelf.member, "p", "net", b"three")["id"]
    told(shelf, shelf.link, shelf.member, third, "prod")  # and the link is not made either
    assert shelf.link(shelf.member, third)["versionIndex"] == 2


def test_member__takes_nothing_away_that_has_it(shelf):
    told(shelf, shelf.unlink, shelf.member, shelf.first)
    told(shelf, shelf.member.graphql, DELETE, {"id": shelf.first})
    told(shelf, shelf.member.graphql, "mutation($id: ID!) { deleteArtifactPortfolio(input: {artifactPortfolioID: $id}) { clientMutationId } }",
         {"id": shelf.collection})  # fmt: skip
    query = "query($id: ID!) { artifact(id: $id) { artifactSequence { id project { id } } createdBy { ... on Run { id } } } }"
    source = shelf.member.graphql(query, {"id": shelf.first})["artifact"]
    told(shelf, shelf.member.graphql, "mutation($id: ID!) { deleteArtifactSequence(input: {artifactSequenceID: $id}) { clientMutationId } }",
         {"id": source["artifactSequence"]["id"]})  # fmt: skip
    told(shelf, shelf.member.graphql, "mutation($id: ID!) { deleteRun(input: {id: $id, deleteArtifacts: true}) { clientMutationId } }",
         {"id": source["createdBy"]["id"]})  # fmt: skip
    told(shelf, shelf.member.graphql, "mutation($id: String!) { deleteModel(input: {id: $id}) { success } }",
         {"id": source["artifactSequence"]["project"]["id"]})  # fmt: skip


def test_member__does_the_rest_as_before(shelf):
    for alias in ("staging", "latest"):
        shelf.change(shelf.member, ADD, shelf.second, alias)
    shelf.change(shelf.member, ADD, shelf.first, "prod")  # it is there already: nothing changes
    shelf.change(shelf.member, TAKE, shelf.second, "prod")  # nor here
    shelf.unlink(shelf.member, shelf.second)
    shelf.member.graphql(DELETE, {"id": shelf.second})
    assert shelf.holder() == shelf.first


def test_member__does_not_swap_the_names_of_collections(shelf):
    rename = "mutation($id: ID!, $n: String) { updateArtifactPortfolio(input: {artifactPortfolioID: $id, name: $n, description: \"d\"}) { clientMutationId } }"
    told(shelf, shelf.member.graphql, rename, {"id": shelf.collection, "n": "old"})
    shelf.member.graphql(rename, {"id": shelf.collection, "n": "net"})
    for name in ("old", "net"):
        shelf.admin.graphql(rename, {"id": shelf.collection, "n": name})


def test_administrators__move_it_and_take_it_away(shelf):
    shelf.change(shelf.admin, ADD, shelf.second, "prod")
    assert shelf.holder() == shelf.second
    shelf.link(shelf.org.admin, shelf.second, "prod")
    shelf.change(shelf.admin, TAKE, shelf.second, "prod")
    assert shelf.holder() is None
    shelf.link(shelf.admin, shelf.first, "prod")
    shelf.unlink(shelf.admin, shelf.first)
    assert shelf.holder() is None


def test_list__is_changed_by_administrators_only(shelf):
    assert refusal(shelf.protect, shelf.member, "mine").code == "FORBIDDEN"
    assert refusal(shelf.protect, shelf.org.stranger, "mine").code == "NOT_FOUND"
    assert shelf.protect(shelf.admin, "staging", "best") == ["best", "prod", "staging"]
    assert shelf.protect(shelf.org.admin, aliasesToDelete=["prod", "best", "never"]) == ["staging"]
    shelf.change(shelf.member, TAKE, shelf.first, "prod")
    assert shelf.holder() is None


@pytest.mark.parametrize(("alias", "reason"), [("latest", "by itself"), ("v3", "by their number"), ("a/b", "slash"), ("", "empty")])
def test_list__takes_what_can_be_an_alias(shelf, alias, reason):
    assert reason in str(refusal(shelf.protect, shelf.admin, alias))
    assert "at most 100" in str(refusal(shelf.protect, shelf.admin, *(f"a{n}" for n in range(100))))


def test_one_who_does_not_see_the_registry__hears_of_the_alias_only(shelf):
    shelf.org.upsert(shelf.org.admin, access="RESTRICTED")
    error = refusal(shelf.member.graphql, DELETE, {"id": shelf.first})
    assert "'prod' is protected" in str(error) and "wandb-registry" not in str(error)


def test_project__protects_aliases_against_members_too(server, make_user):
    org = Organisation(server, make_user)
    org.upsert(org.admin, name="wandb-registry-r")
    team = {"entityName": org.team, "name": "p"}
    made = org.teammate.graphql("mutation($input: UpsertModelInput!) { upsertModel(input: $input) { project { id } } }", {"input": team})
    done = server.run_cli("team", "member", org.team, org.member.name, "--role", "member")
    assert done.returncode == 0, done.stderr
    org.teammate.graphql(PROTECT, {"input": {"projectId": made["upsertModel"]["project"]["id"], "aliasesToAdd": ["best"]}})
    draft = {"entityName": org.team, "projectName": "p", "artifactTypeName": "t", "artifactCollectionName": "c", "digest": "d"}
    wanted = {**draft, "aliases": [{"alias": "best"}]}
    assert "'best' is protected" in str(refusal(org.member.graphql, CREATE, {"input": wanted}))  # before anything is uploaded
    version = org.member.graphql(CREATE, {"input": {**draft, "aliases": [{"alias": "good"}]}})["createArtifact"]["artifact"]["id"]
    org.teammate.graphql(PROTECT, {"input": {"projectId": made["upsertModel"]["project"]["id"], "aliasesToAdd": ["good"]}})
    manifest = {"artifactID": version, "name": "wandb_manifest.json", "digest": "x", "entityName": org.team, "projectName": "p"}
    url = org.member.graphql(MANIFEST, {"input": manifest})["createArtifactManifest"]["artifactManifest"]["file"]["uploadUrl"]
    empty = {"version": 1, "storagePolicy": "wandb-storage-policy-v1", "storagePolicyConfig": {"storageLayout": "V2"}, "contents": {}}
    assert server.request("PUT", url, key=None, data=json.dumps(empty)).status_code == 200
    assert "'good' is protected" in str(refusal(org.member.graphql, COMMIT, {"id": version}))  # protected since it was begun
    assert org.teammate.graphql(COMMIT, {"id": version})["commitArtifact"]["artifact"]["state"] == "COMMITTED"
    given = {"artifactID": version, "aliases": [{"alias": "best"}]}
    assert "'best' is protected" in str(refusal(org.member.graphql, UPDATE, {"input": given}))


def test_version__is_restored_with_it_by_administrators_only(make_server):
    server = make_server(env={"BAROGRAPH_TRASH_DAYS": "1"})
    names = itertools.count(1)
    shelf = Shelf(server, lambda: User(server, f"person{next(names)}"))
    shelf.protect(shelf.admin, aliasesToDelete=["prod"])
    shelf.member.graphql(DELETE, {"id": shelf.first})
    item = shelf.member.graphql('query($e: String) { project(name: "p", entityName: $e) { trash { id } } }', {"e": shelf.member.name})
    restore = {"input": {"id": item["project"]["trash"][0]["id"]}}
    shelf.protect(shelf.admin, "prod")
    assert "'prod' is protected" in str(refusal(shelf.member.graphql, RESTORE, restore))
    assert shelf.holder() is None
    shelf.protect(shelf.admin, aliasesToDelete=["prod"])
    shelf.member.graphql(RESTORE, restore)
    assert shelf.holder() == shelf.first


def test_collection__is_restored_with_it_by_administrators_only(make_server):
    server = make_server(env={"BAROGRAPH_TRASH_DAYS": "1"})
    names = itertools.count(1)
    shelf = Shelf(server, lambda: User(server, f"person{next(names)}"))
    drop = "mutation($id: ID!) { deleteArtifactPortfolio(input: {artifactPortfolioID: $id}) { clientMutationId } }"
    shelf.admin.graphql(drop, {"id": shelf.collection})
    trash = 'query($o: String) { project(name: "wandb-registry-r", entityName: $o) { trash { id } } }'
    restore = {"input": {"id": shelf.member.graphql(trash, {"o": shelf.org.name})["project"]["trash"][0]["id"]}}
    assert "'prod' is protected" in str(refusal(shelf.member.graphql, RESTORE, restore))
    shelf.admin.graphql(RESTORE, restore)
    assert shelf.holder() == shelf.first


MODEL = "mutation($e: String!, $p: String!, $a: String) { upsertModel(input: {entityName: $e, name: $p, access: $a}) { project { id } } }"
STATE = "query($id: ID!) { artifact(id: $id) { state } }"


def take_hold(stranger, version):
    """Links it into a project of the stranger's own, where its alias is protected."""
    place = {"entityName": stranger.name, "projectName": "trap", "artifactPortfolioName": "t"}
    stranger.graphql(LINK, {"input": {**place, "artifactID": version, "aliases": [{"alias": "mine"}]}})
    trap = stranger.graphql(MODEL, {"e": stranger.name, "p": "trap"})["upsertModel"]["project"]["id"]
    stranger.graphql(PROTECT, {"input": {"projectId": trap, "aliasesToAdd": ["mine"]}})


def test_strangers__take_no_hold_of_what_they_may_read(user, make_user):
    stranger = make_user()
    project = user.graphql(MODEL, {"e": user.name, "p": "open", "a": "USER_READ"})["upsertModel"]["project"]["id"]
    versions = [log(user, "open", "c", content)["id"] for content in (b"one", b"two", b"three")]
    for version in versions:
        take_hold(stranger, version)
    user.graphql(DELETE, {"id": versions[0]})
    run = user.graphql("query($id: ID!) { artifact(id: $id) { createdBy { ... on Run { id } } } }", {"id": versions[1]})["artifact"]["createdBy"]["id"]
    user.graphql("mutation($id: ID!) { deleteRun(input: {id: $id, deleteArtifacts: true}) { clientMutationId } }", {"id": run})
    take_hold(stranger, log(user, "open", "d", b"four", run="s")["id"])
    user.graphql("mutation($id: String!) { deleteModel(input: {id: $id}) { success } }", {"id": project})
    assert [user.graphql(STATE, {"id": version})["artifact"] for version in versions] == [None] * 3


def test_strangers__names_for_a_version_are_not_told_when_it_is_deleted(user, make_user):
    user.graphql(MODEL, {"e": user.name, "p": "open", "a": "USER_READ"})
    version = log(user, "open", "c", b"one")["id"]
    take_hold(make_user(), version)
    delete = "mutation($id: ID!) { deleteArtifact(input: {artifactID: $id}) { artifact { id } } }"
    assert "'latest'" in str(refusal(user.graphql, delete, {"id": version}))
    user.graphql(TAKE, {"input": {"artifactID": version, "aliases": [{"alias": "latest", "artifactCollectionName": "c"}]}})
    user.graphql(delete, {"id": version})
    assert user.graphql(STATE, {"id": version})["artifact"] == {"state": "DELETED"}


def test_time_to_live__ends_what_strangers_hold(make_server):
    server = make_server()
    user, stranger = User(server, "alice"), User(server, "mallory")
    user.graphql(MODEL, {"e": "alice", "p": "p", "a": "USER_READ"})
    version = log(user, "p", "c", b"one")
    take_hold(stranger, version["id"])
    put_back(user, version, "c", 3600, 3601)
    server.restart()
    wait_until(lambda: (user.graphql(STATE, {"id": version["id"]})["artifact"] or {"state": "DELETED"})["state"] == "DELETED")


def test_time_to_live__does_not_end_a_version_that_has_it(make_server):
    server = make_server()
    user = User(server, "alice")
    versions = {name: log(user, "p", name, name.encode()) for name in ("kept", "ended")}
    project = user.graphql('{ project(name: "p", entityName: "alice") { id } }')["project"]["id"]
    user.graphql(PROTECT, {"input": {"projectId": project, "aliasesToAdd": ["best"]}})
    for alias, name in (("best", "kept"), ("plain", "ended")):
        user.graphql(ADD, {"input": {"artifactID": versions[name]["id"], "aliases": [{"alias": alias, "artifactCollectionName": name}]}})
        put_back(user, versions[name], name, 3600, 3601)
    server.restart()
    state = "query($id: ID!) { artifact(id: $id) { state } }"
    wait_until(lambda: (user.graphql(state, {"id": versions["ended"]["id"]})["artifact"] or {"state": "DELETED"})["state"] == "DELETED")
    assert user.graphql(state, {"id": versions["kept"]["id"]})["artifact"]["state"] == "COMMITTED"
