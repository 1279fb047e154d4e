"""What is linked into a registry is for those who see the registry, and shows nothing else of the project that it comes from."""

from __future__ import annotations

import hashlib
import json

import pytest

from tests.api.test_artifact_addresses import get, log, short_v2
from tests.api.test_protected_aliases import ADD, LINK, UNLINK, UPDATE
from tests.api.test_registry import Organisation, refusal
from tests.support.protocol import RunUnderTest

VERSION = """id digest versionIndex description metadata fileCount artifactType { name } aliases { alias }
    artifactSequence { id name description project { name entityName } tags { edges { node { name } } } latestArtifact { id }
        artifacts { totalCount } artifactMemberships { totalCount } aliases { edges { node { alias } } } defaultArtifactType { name } }
    artifactMemberships { edges { node { artifactCollection { name project { name } } } } }
    createdBy { ... on Run { id } } usedBy { totalCount } history { totalCount edges { node { detail artifactCollection { name } run { id } } } }
    folder { fileCount sizeBytes folderCount folders { name } files { edges { node { name } } } }
    files { edges { node { name directUrl } } } currentManifest { file { directUrl } }"""
IN_REGISTRY = f"""query($o: String!) {{ project(name: "wandb-registry-r", entityName: $o) {{ artifactCollection(name: "net") {{
    artifactMemberships {{ edges {{ node {{ id artifact {{ {VERSION} }} }} }} }} aliases {{ edges {{ node {{ artifact {{ id }} }} }} }} }} }} }}"""
BY_ID = f"query($id: ID!) {{ artifact(id: $id) {{ {VERSION} }} }}"


class Linked:
    """The second of the maker's two versions of "hidden/source" stands in a registry as "net:v0". Nobody else may see the project."""

    def __init__(self, server, make_user):
        self.org = Organisation(server, make_user)
        self.maker, self.member, self.stranger = self.org.maker, self.org.member, self.org.stranger
        self.org.upsert(self.org.admin)
        self.first = log(self.maker, "hidden", "source", b"first secret")
        self.version = log(self.maker, "hidden", "source", b"what is shared")
        self.maker.graphql(UPDATE, {"input": {"artifactID": self.version["id"], "metadata": '{"acc": 1}'}})
        own = {"artifactID": self.version["id"], "aliases": [{"alias": "inner", "artifactCollectionName": "source"}]}
        self.maker.graphql(ADD, {"input": own})
        self.place = {"entityName": self.org.name, "projectName": "wandb-registry-r"}
        self.maker.graphql(LINK, {"input": {**self.place, "artifactPortfolioName": "net", "artifactID": self.version["id"]}})

    def seen_by(self, user):
        return user.graphql(BY_ID, {"id": self.version["id"]})["artifact"]

    def in_registry(self, user):
        return user.graphql(IN_REGISTRY, {"o": self.org.name})["project"]["artifactCollection"]


@pytest.fixture
def linked(server, make_user):
    return Linked(server, make_user)


def check_hides_the_source(version, stands_for_link: bool):
    assert version["artifactType"] == {"name": "t"} and version["metadata"] == '{"acc": 1}' and version["fileCount"] == 1
    assert {"alias": "inner"} not in version["aliases"] and {"alias": "latest"} in version["aliases"]
    page = {"files": {"edges": [{"node": {"name": "a.bin"}}]}, "folders": []}
    assert version["folder"] == {"fileCount": 1, "sizeBytes": len(b"what is shared"), "folderCount": 0, **page}
    sequence = version["artifactSequence"]
    assert (sequence["name"], version["versionIndex"], sequence["latestArtifact"]) == ("net", 0, None)
    assert sequence["artifacts"] == sequence["artifactMemberships"] == {"totalCount": int(stands_for_link)}
    assert (sequence["project"] is not None) == (sequence["aliases"] != {"edges": []}) == stands_for_link
    assert [edge["node"]["artifactCollection"]["project"]["name"] for edge in version["artifactMemberships"]["edges"]] == ["wandb-registry-r"]
    assert version["createdBy"] is None and version["usedBy"] == {"totalCount": 0}
    assert all(edge["node"]["run"] is None for edge in version["history"]["edges"])
    said = json.dumps(version)
    assert "hidden" not in said and "source" not in said.replace("artifactSequence", ""), said


def test_member__sees_the_version_and_nothing_of_its_project(linked):
    node = linked.in_registry(linked.member)
    check_hides_the_source(node["artifactMemberships"]["edges"][0]["node"]["artifact"], stands_for_link=False)
    assert {edge["node"]["artifact"]["id"] for edge in node["aliases"]["edges"]} == {linked.version["id"]}
    check_hides_the_source(linked.seen_by(linked.member), stands_for_link=True)
    assert linked.seen_by(linked.maker)["artifactSequence"]["project"] == {"name": "hidden", "entityName": linked.maker.name}
    for query in ('project(name: "hidden", entityName: $e) { id }', 'project(name: "hidden", entityName: $e) { artifact(name: "source:v0") { id } }'):
        assert linked.member.graphql(f"query($e: String) {{ {query} }}", {"e": linked.maker.name}) == {"project": None}
    assert linked.member.graphql(BY_ID, {"id": linked.first["id"]})["artifact"] is None


def test_member__links_it_no_further(linked):
    """Else access would not end with the registry's, and who sees the project's versions would be for others to say."""
    def link(place):
        return linked.member.graphql(LINK, {"input": {**place, "artifactPortfolioName": "again", "artifactID": linked.version["id"]}})["linkArtifact"]

    error = refusal(link, {"entityName": linked.member.name, "projectName": "mine"})
    assert error.code == "FORBIDDEN" and "linked here" in str(error)
    assert linked.member.graphql("query($e: String) { project(name: \"mine\", entityName: $e) { id } }", {"e": linked.member.name}) == {"project": None}
    assert link(linked.place)["versionIndex"] == 0, "in the registry it is theirs to arrange"


def addresses(linked, version, content: bytes):
    hexadecimal = hashlib.md5(content).hexdigest()
    return [
        f"/artifactsV2/default/{linked.org.name}/wandb-registry-r/net/{version['id']}/{version['birth']}/{hexadecimal}/a.bin",
        f"/artifactsV2/default/{linked.org.name}/wandb-registry-r/net/{version['birth']}/{hexadecimal}/a.bin",
        short_v2(linked.org.name, version["birth"], content),
        short_v2(linked.maker.name, version["birth"], content),
    ]


def test_member__downloads_its_files_and_no_others(linked):
    for user in (linked.member, linked.maker):
        version = linked.seen_by(user)
        urls = [version["files"]["edges"][0]["node"]["directUrl"], version["currentManifest"]["file"]["directUrl"]]
        file, manifest = (user.server.request("GET", url, key=None) for url in urls)
        assert file.content == b"what is shared" and "a.bin" in manifest.json()["contents"]
        assert [get(user, each) for each in addresses(linked, linked.version, b"what is shared")] == [b"what is shared"] * 4
    assert [get(linked.member, each) for each in addresses(linked, linked.first, b"first secret")] == [404] * 4
    mixed = {"id": linked.version["id"], "birth": linked.first["id"]}
    assert [get(linked.member, each) for each in addresses(linked, mixed, b"first secret")] == [404] * 4


def test_strangers__see_and_download_nothing(linked):
    assert linked.seen_by(linked.stranger) is None
    assert [get(linked.stranger, each) for each in addresses(linked, linked.version, b"what is shared")] == [404] * 4
    linked.org.upsert(linked.org.admin, access="RESTRICTED")
    assert linked.seen_by(linked.member) is None
    assert [get(linked.member, each) for each in addresses(linked, linked.version, b"what is shared")] == [404] * 4


def test_address__ends_with_the_link(linked):
    url = linked.seen_by(linked.member)["files"]["edges"][0]["node"]["directUrl"]
    query = """query($o: String!) { project(name: "wandb-registry-r", entityName: $o) { artifactCollection(name: "net") { id } } }"""
    portfolio = linked.member.graphql(query, {"o": linked.org.name})["project"]["artifactCollection"]["id"]
    linked.member.graphql(UNLINK, {"input": {"artifactID": linked.version["id"], "artifactPortfolioID": portfolio}})
    assert linked.member.server.request("GET", url, key=None).status_code == 404
    assert linked.seen_by(linked.member) is None and linked.seen_by(linked.maker) is not None
    assert get(linked.member, addresses(linked, linked.version, b"what is shared")[0]) == 404


def test_member__promotes_and_uses_it_but_does_not_change_it(linked):
    alias = {**linked.place, "artifactCollectionName": "net", "alias": "prod"}
    linked.member.graphql(ADD, {"input": {"artifactID": linked.version["id"], "aliases": [alias]}})
    error = refusal(linked.member.graphql, UPDATE, {"input": {"artifactID": linked.version["id"], "description": "mine"}})
    assert error.code == "FORBIDDEN" and "only members of the project that it comes from" in str(error)
    RunUnderTest(linked.member, "own", "user")
    given = {"entityName": linked.member.name, "projectName": "own", "runName": "user", "artifactID": linked.version["id"]}
    linked.member.graphql("mutation($input: UseArtifactInput!) { useArtifact(input: $input) { artifact { id } } }", {"input": given})
    query = f"""query($e: String) {{ project(name: "own", entityName: $e) {{ run(name: "user") {{ inputArtifacts {{ edges {{ node {{
        {VERSION} }} }} }} }} }} }}"""
    node = linked.member.graphql(query, {"e": linked.member.name})["project"]["run"]["inputArtifacts"]["edges"][0]["node"]
    assert node["id"] == linked.version["id"] and node["usedBy"] == {"totalCount": 1}
    assert node["artifactSequence"]["project"] == {"name": "wandb-registry-r", "entityName": linked.org.name}
    assert linked.seen_by(linked.maker)["usedBy"] == {"totalCount": 0}  # nor does the project hear of the member's runs
