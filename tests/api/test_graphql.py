"""The GraphQL endpoint: errors that say what is wrong, introspection that tools read, limits."""

from __future__ import annotations

import pytest
from graphql import build_client_schema, build_schema, get_introspection_query, print_schema
from graphql.utilities import lexicographic_sort_schema

from tests.conftest import REPOSITORY
from tests.support.server import GraphQLError


def test_introspection__equals_the_printed_schema(server):
    answered = build_client_schema(server.graphql(get_introspection_query()))
    printed = build_schema((REPOSITORY / "docs" / "schema.graphql").read_text())
    assert print_schema(lexicographic_sort_schema(answered)) == print_schema(lexicographic_sort_schema(printed))


def test_schema_command__prints_the_schema(server):
    printed = server.run_cli("schema", key=None)
    assert printed.returncode == 0
    assert printed.stdout == (REPOSITORY / "docs" / "schema.graphql").read_text()


@pytest.mark.parametrize(
    "name",
    ["Query", "Mutation", "ServerInfo", "ServerSettings", "Artifact", "Run", "Project", "Organization"],
)
def test_probed_object_type__exists_with_fields(user, name):
    query = "query Probe($n: String!) { __type(name: $n) { name fields { name args { name } } } }"
    found = user.graphql(query, {"n": name})["__type"]
    assert found["name"] == name and found["fields"]


@pytest.mark.parametrize(
    "name",
    ["CreateArtifactInput", "CreateArtifactFileSpecInput", "UseArtifactInput", "AddAliasesInput", "DeleteFilesInput"],
)
def test_probed_input_type__exists_with_fields(user, name):
    found = user.graphql("query P($n: String!) { __type(name: $n) { inputFields { name } } }", {"n": name})
    assert found["__type"]["inputFields"]


def test_unknown_type__is_null(user):
    assert user.graphql('{ __type(name: "NoSuchType") { name } }')["__type"] is None


def test_unknown_field__is_named_as_the_client_expects(user):
    with pytest.raises(GraphQLError) as refusal:
        user.graphql("{ viewer { id shoeSize } }")
    assert refusal.value.status == 400
    assert refusal.value.errors[0]["message"] == 'Cannot query field "shoeSize" on type "User".'


def test_syntax_error__is_400_with_its_place(user):
    with pytest.raises(GraphQLError) as refusal:
        user.graphql("{ viewer { id }")
    assert refusal.value.status == 400
    assert refusal.value.errors[0]["locations"]


def test_empty_operation_name__is_none(server, user):
    body = {"query": "query A { viewer { username } }", "variables": None, "operationName": ""}
    answer = server.request("POST", "/graphql", key=user.key, json=body).json()
    assert answer["data"]["viewer"]["username"] == user.name


def test_single_value__becomes_a_list(user):
    query = 'query Q($names: [String]) { project(name: "none", entityName: "none") { run(name: "x") { files(names: $names) { edges { node { id } } } } } }'
    assert user.graphql(query, {"names": "one", "undeclared": 1})["project"] is None


def test_aliases_fragments_and_directives__work_together(user):
    query = """#graphql
    query Q($no: Boolean = false) { me: viewer { ...Name ... on User { entity } email @include(if: $no) } }
    fragment Name on User { ...Deeper } fragment Deeper on User { name: username __typename }"""
    assert user.graphql(query)["me"] == {"name": user.name, "__typename": "User", "entity": user.name}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"{}", b'{"query": 1}', b'{"query": "{viewer{id}}", "variables": 3}'])
def test_broken_request__is_400(server, user, body):
    response = server.request("POST", "/graphql", key=user.key, data=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert response.json()["error"]


def test_depth_and_aliases__have_limits(user):
    deep = "{ viewer " + "{ teams { edges { node " * 100 + "{ id }" + " } } }" * 100 + " }"
    many = "{ " + " ".join(f"a{n}: viewer {{ id }}" for n in range(20_000)) + " }"
    for query in (deep, many):
        with pytest.raises(GraphQLError) as refusal:
            user.graphql(query)
        assert refusal.value.status in (200, 400)


def test_no_key__has_no_viewer(server):
    response = server.request("POST", "/graphql", key=None, json={"query": "{ viewer { id } }"})
    assert response.status_code == 401 or response.json()["data"]["viewer"] is None


def test_bad_key__is_401_without_a_challenge(server):
    response = server.request("POST", "/graphql", key="y" * 40, json={"query": "{ viewer { id } }"})
    assert response.status_code == 401
    assert response.json()["error"]
    assert "WWW-Authenticate" not in response.headers
