"""Who sees and changes registries and restricted projects: roles in a project count before roles in its entity."""

from __future__ import annotations

import itertools

import pytest

from tests.support.server import GraphQLError

UPSERT = """mutation($input: UpsertModelInput!) { upsertModel(input: $input) { inserted project { id access
    allowAllArtifactTypesInRegistry artifactTypes(includeAll: true) { edges { node { name } } }
    members { username role { name } } teamMembers { team { name } role { name } } } } }"""
LIST = "query($o: String!) { organization(name: $o) { orgEntity { projects { edges { node { name } } } } } }"
CHANGE = "mutation($input: %sInput!) { %s(input: $input) { success } }"
LINK = "mutation($input: LinkArtifactInput!) { linkArtifact(input: $input) { versionIndex } }"

_orgs = itertools.count(1)


def change(user, name, **values):
    query = CHANGE % (name[0].upper() + name[1:], name)
    return user.graphql(query, {"input": values})[name]["success"]


def refusal(function, *arguments, **values) -> GraphQLError:
    with pytest.raises(GraphQLError) as caught:
        function(*arguments, **values)
    return caught.value


class Organisation:
    def __init__(self, server, make_user):
        self.name = f"org{next(_orgs)}"
        self.team = f"{self.name}-team"
        self.admin, self.maker, self.member, self.teammate, self.stranger = (make_user() for _ in range(5))
        cli = [("org", "add", self.name, "--admin", self.admin.name)]
        cli += [("org", "member", self.name, each.name, "--role", "member") for each in (self.maker, self.member, self.teammate)]
        cli += [("team", "add", self.team, "--org", self.name, "--admin", self.teammate.name)]
        for command in cli:
            done = server.run_cli(*command)
            assert done.returncode == 0, done.stderr
        self.ids = {each.name: each.graphql("{ viewer { id } }")["viewer"]["id"] for each in (self.maker, self.member, self.stranger)}
        team = self.teammate.graphql("query($n: String) { entity(name: $n) { id } }", {"n": self.team})
        self.ids["team"] = team["entity"]["id"]

    def upsert(self, user, name="wandb-registry-r", **values):
        return user.graphql(UPSERT, {"input": {"entityName": self.name, "name": name, **values}})["upsertModel"]

    def seen_by(self, user):
        edges = user.graphql(LIST, {"o": self.name})["organization"]["orgEntity"]["projects"]["edges"]
        return [edge["node"]["name"] for edge in edges]


@pytest.fixture
def org(server, make_user):
    return Organisation(server, make_user)


def test_restricted_registry__is_seen_by_its_members_only(org):
    made = org.upsert(org.maker, access="RESTRICTED")
    project = made["project"]
    assert made["inserted"] and project["access"] == "RESTRICTED"
    assert project["members"] == [{"username": org.maker.name, "role": {"name": "admin"}}]
    assert org.seen_by(org.maker) == org.seen_by(org.admin) == ["wandb-registry-r"]
    assert org.seen_by(org.member) == org.seen_by(org.teammate) == []
    assert change(org.maker, "createProjectMembers", projectId=project["id"], userIds=[org.ids[org.member.name]], teamIds=[org.ids["team"]])
    assert org.seen_by(org.member) == org.seen_by(org.teammate) == ["wandb-registry-r"]
    assert change(org.maker, "deleteProjectMembers", projectId=project["id"], userIds=[], teamIds=[org.ids["team"]])
    assert org.seen_by(org.teammate) == []


def test_role_in_a_project__counts_before_that_in_its_entity(org):
    project = org.upsert(org.maker)["project"]
    assert org.upsert(org.member, description="I may")["inserted"] is False
    change(org.maker, "createProjectMembers", projectId=project["id"], userIds=[org.ids[org.member.name]], teamIds=[])
    assert change(org.maker, "updateProjectMember", projectId=project["id"], userId=org.ids[org.member.name], userProjectRole="viewer")
    assert refusal(org.upsert, org.member, description="no more").code == "FORBIDDEN"
    assert org.seen_by(org.member) == ["wandb-registry-r"]


@pytest.mark.parametrize(
    ("who", "code"), [("member", "FORBIDDEN"), ("stranger", "NOT_FOUND")]
)
def test_members__are_changed_by_administrators_only(org, who, code):
    project = org.upsert(org.maker)["project"]
    user, ids = getattr(org, who), {"userIds": [org.ids[org.member.name]], "teamIds": []}
    assert refusal(change, user, "createProjectMembers", projectId=project["id"], **ids).code == code
    assert refusal(change, user, "deleteProjectMembers", projectId=project["id"], **ids).code == code
    assert refusal(org.upsert, org.member, access="RESTRICTED").code == "FORBIDDEN"


def test_members__are_said_to_be_fixed_for_all_but_administrators(org):
    project = org.upsert(org.maker)["project"]
    change(org.maker, "createProjectMembers", projectId=project["id"], userIds=[org.ids[org.member.name]], teamIds=[])
    query = "query($o: String) { project(name: \"wandb-registry-r\", entityName: $o) { readOnly membersReadOnly } }"
    said = {who: getattr(org, who).graphql(query, {"o": org.name})["project"] for who in ("admin", "maker", "member")}
    assert said == {
        "admin": {"readOnly": False, "membersReadOnly": False},
        "maker": {"readOnly": False, "membersReadOnly": False},
        "member": {"readOnly": False, "membersReadOnly": True},
    }


def test_member__must_belong_to_the_organisation(org):
    project = org.upsert(org.maker)["project"]
    error = refusal(change, org.maker, "createProjectMembers", projectId=project["id"], userIds=[org.ids[org.stranger.name]], teamIds=[])
    assert "own organization" in str(error)
    error = refusal(change, org.maker, "createProjectMembers", projectId=project["id"], userIds=["x"], teamIds=[])
    assert "not the id of a user" in str(error)


def test_role__is_one_of_three(org):
    project = org.upsert(org.maker)["project"]
    values = {"projectId": project["id"], "userId": org.ids[org.maker.name], "userProjectRole": "emperor"}
    assert "emperor" in str(refusal(change, org.admin, "updateProjectMember", **values))
    values["userId"] = org.ids[org.member.name]
    assert refusal(change, org.admin, "updateProjectMember", **{**values, "userProjectRole": "viewer"}).code == "NOT_FOUND"


def test_organisation__lists_registries_apart_from_projects(org):
    org.upsert(org.admin, name="ordinary")
    org.upsert(org.admin)
    assert org.seen_by(org.admin) == ["wandb-registry-r"]
    query = "query($n: String) { entity(name: $n) { projects { edges { node { name } } } } }"
    edges = org.admin.graphql(query, {"n": org.name})["entity"]["projects"]["edges"]
    assert sorted(edge["node"]["name"] for edge in edges) == ["ordinary", "wandb-registry-r"]
