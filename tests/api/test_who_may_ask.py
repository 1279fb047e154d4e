"""Walks every mutation, every query and every route as somebody who may not: nothing changes, and what exists
answers exactly like what does not."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.conftest import User
from tests.support.protocol import UPSERT, RunUnderTest

INTROSPECTION = """{ __schema { queryType { name } mutationType { name } types { name kind
  fields { name args { name type { ...T } } type { ...T } }
  inputFields { name type { ...T } } enumValues { name } } } }
fragment T on __Type { name kind ofType { name kind ofType { name kind ofType { name kind } } } }"""

MAKE_SWEEP = """mutation { upsertSweep(input: {projectName: "private",
  config: "{method: grid, parameters: {x: {values: [1, 2]}}}"}) { sweep { id name } } }"""
MAKE_AGENT = """mutation($sweep: String!) { createAgent(input: {host: "h", projectName: "private", sweep: $sweep}) {
  agent { id } } }"""

# What anybody may ask without a key.
OPEN = {"serverInfo"}
# What everybody who is logged in may do: it makes something of the asker's own, or answers the same to all.
OWN = {"createTeam", "generateApiKey", "createAnonymousEntity", "updateAlertSetting"}
# Rows of these tables are no part of what was asked to change: they tell of the asking, or go by themselves.
ASIDE = {"leases", "audit", "sessions", "sqlite_sequence", "settings", "write_marks"}


# What the argument `name` of these fields names; of all others, a run.
NAMED = {"entity": "entity", "organization": "entity", "project": "project", "model": "project", "upsertModel": "project"}


class World:
    """Something of everything that belongs to one user, and the words that lead to it."""

    def __init__(self, server, owner):
        self.server, self.owner = server, owner
        run = RunUnderTest(owner, "private", "secret-run")
        ids = owner.graphql(
            "query Q($e: String!) { project(name: \"private\", entityName: $e) { id internalId } viewer { id apiKeys { edges { node { id } } } } }",
            {"e": owner.name},
        )
        sweep = owner.graphql(MAKE_SWEEP)["upsertSweep"]["sweep"]
        agent = owner.graphql(MAKE_AGENT, {"sweep": sweep["name"]})["createAgent"]["agent"]
        self.names = {"entity": owner.name, "project": "private", "run": "secret-run"}
        self.ids = {
            "run": run.id,
            "project": ids["project"]["id"],
            "user": ids["viewer"]["id"],
            "key": ids["viewer"]["apiKeys"]["edges"][0]["node"]["id"],
            "artifact": "QXJ0aWZhY3Q6MQ==",
            "sweep": sweep["id"],
            "agent": agent["id"],
        }
        types = owner.graphql(INTROSPECTION)["__schema"]["types"]
        self.types = {each["name"]: each for each in types}

    def rows(self):
        """All that is stored, but for what asking leaves behind; on PostgreSQL a digest of each table, made there."""
        with self.server.database() as database:
            tables = [name for (name,) in database.execute(TABLES[self.server.has_postgres]) if name not in ASIDE]
            if self.server.has_postgres:
                return dict(database.execute(" union all ".join(DIGEST.format(name=name, rows=BUT_FOR_USE.get(name, name)) for name in tables)))
            return {name: sorted(map(repr, database.execute(f"select * from {BUT_FOR_USE.get(name, name)}"))) for name in tables}


def absent(value: str) -> str:
    """A word of the same form that leads nowhere."""
    return {"secret-run": "absent-runs"}.get(value, "absent" + "x" * max(0, len(value) - 6))


DIGEST = "select '{name}', md5(coalesce(string_agg(t::text, ',' order by t::text), '')) from {rows} t"
# When a key was last used is noted beside the first request with it.
BUT_FOR_USE = {"api_keys": "(select id, user_id, hash, prefix, description, created_at, revoked_at from api_keys)"}

TABLES = {
    False: "select name from sqlite_master where type = 'table'",
    True: "select table_name from information_schema.tables where table_schema = 'public'",
}

ABSENT_IDS = {
    "run": "UnVuOnYxOmFic2VudDphYnNlbnQ6YWJzZW50",
    "project": "UHJvamVjdDp2MTphYnNlbnQ6YWJzZW50",
    "user": "VXNlcjo5OTk5OTk=",
    "key": "QXBpS2V5Ojk5OTk5OQ==",
    "artifact": "QXJ0aWZhY3Q6OTk5OTk5",
    "sweep": "U3dlZXA6djE6YWJzZW50OmFic2VudDphYnNlbnQ=",
    "agent": "QWdlbnQ6OTk5OTk5",
}


def unwrap(kind):
    while kind.get("ofType"):
        kind = kind["ofType"]
    return kind["name"]


def is_list(kind):
    return kind["kind"] == "LIST" or bool(kind.get("ofType")) and is_list(kind["ofType"])


class Filler:
    """Makes up arguments: names lead to the owner's things, ids to the one of them that is tried."""

    def __init__(self, world: World, names: dict, identifier: str):
        self.world, self.names, self.identifier = world, names, identifier
        self.field = ""  # whose arguments are made up

    def value(self, name, kind, depth=0):
        inner = self.world.types[unwrap(kind)]
        made = self.one(name, inner, depth)
        return [made] if is_list(kind) and made is not None else made

    def one(self, name, inner, depth):
        if inner["kind"] == "INPUT_OBJECT":
            if depth > 3:
                return None
            members = {each["name"]: self.value(each["name"], each["type"], depth + 1) for each in inner["inputFields"]}
            return {key: value for key, value in members.items() if value is not None}
        if inner["kind"] == "ENUM":
            return inner["enumValues"][0]["name"]
        return self.scalar(name.lower(), inner["name"])

    def scalar(self, name, kind):
        if kind == "Boolean":
            return False
        if kind in ("Int", "Int64", "Float", "Duration"):
            return 1
        if kind in ("JSONString", "JSON", "DateTime"):
            return {"JSONString": "{}", "JSON": {}, "DateTime": "2026-01-01T00:00:00Z"}[kind]
        for word in ("entity", "project", "model", "run"):
            if word in name and not name.endswith(("id", "ids")):
                return self.names[{"model": "project"}.get(word, word)]
        if kind == "ID" or name.endswith(("id", "ids")):
            return self.identifier
        return self.names[NAMED.get(self.field, "run")] if name == "name" else "word"


def selection(world: World, kind) -> str:
    inner = world.types[unwrap(kind)]
    if inner["kind"] in ("SCALAR", "ENUM"):
        return ""
    return " { __typename }"


def document(world, root, field, filler) -> tuple[str, dict]:
    """The field with all of its arguments, as variables, so that enums need no care."""
    declared, passed, variables = [], [], {}
    filler.field = field["name"]
    for argument in field["args"]:
        value = filler.value(argument["name"], argument["type"])
        if value is None:
            continue
        declared.append(f"${argument['name']}: {written(argument['type'])}")
        passed.append(f"{argument['name']}: ${argument['name']}")
        variables[argument["name"]] = value
    operation = "mutation" if root == "Mutation" else "query"
    head = f"{operation} Q({', '.join(declared)})" if declared else operation
    arguments = f"({', '.join(passed)})" if passed else ""
    return f"{head} {{ {field['name']}{arguments}{selection(world, field['type'])} }}", variables


def written(kind) -> str:
    if kind["kind"] == "NON_NULL":
        return written(kind["ofType"]) + "!"
    if kind["kind"] == "LIST":
        return f"[{written(kind['ofType'])}]"
    return kind["name"]


def ask(world, key, query, variables):
    response = world.server.request("POST", "/graphql", key=key, json={"query": query, "variables": variables})
    return response.status_code, response.json()


def plain(answer, names: dict, identifier: str) -> str:
    """The answer without the words that were asked with."""
    text = json.dumps(answer, sort_keys=True)
    for value in sorted([*names.values(), identifier], key=len, reverse=True):
        text = text.replace(value, "<word>")
    return re.sub(r"\d+", "<number>", text)


def variants(world):
    yield from ((kind, world.ids[kind], ABSENT_IDS[kind]) for kind in world.ids)


@pytest.fixture
def world(make_server):
    server = make_server()
    return World(server, User(server, "owner"))


def fields_of(world, root):
    return world.types[root]["fields"] if root in world.types else []


def test_anonymous__is_answered_nothing(world):
    for root in ("Query", "Mutation"):
        for field in fields_of(world, root):
            if field["name"] in OPEN:
                continue
            query, variables = document(world, root, field, Filler(world, world.names, world.ids["run"]))
            status, answer = ask(world, None, query, variables)
            assert status in (200, 401) and answer.get("errors"), f"{field['name']}: {answer}"
            assert not any((answer.get("data") or {}).values()), f"{field['name']}: {answer}"


@pytest.mark.parametrize("root", ["Query", "Mutation"])
def test_other_tenant__cannot_tell_what_exists_nor_change_it(world, root):
    stranger = User(world.server, "strangers")
    absent_names = {word: absent(value) for word, value in world.names.items()}
    wrong = []
    for field in fields_of(world, root):
        if field["name"] in OWN | OPEN:
            continue
        for kind, there, nowhere in variants(world):
            before = world.rows()
            query, variables = document(world, root, field, Filler(world, world.names, there))
            answer = ask(world, stranger.key, query, variables)
            if world.rows() != before:
                wrong.append(f"{field['name']} with a {kind} changed something: {answer}")
            query, variables = document(world, root, field, Filler(world, absent_names, nowhere))
            other = ask(world, stranger.key, query, variables)
            if plain(answer, world.names, there) != plain(other, absent_names, nowhere):
                wrong.append(f"{field['name']} with a {kind}: {answer} is not {other}")
    assert not wrong, "\n".join(wrong)


def test_viewer__changes_nothing(world):
    reader, server = User(world.server, "reader"), world.server
    assert server.run_cli("team", "add", "crew", "--admin", "owner").returncode == 0
    assert server.run_cli("team", "member", "crew", "reader", "--role", "viewer").returncode == 0
    upsert = {"entity": "crew", "project": "private", "name": "secret-run"}
    world.names["entity"] = "crew"
    world.ids["run"] = world.owner.graphql(UPSERT, upsert)["upsertBucket"]["bucket"]["id"]
    world.ids["project"] = world.owner.graphql('{ project(name: "private", entityName: "crew") { id } }')["project"]["id"]
    wrong = []
    for field in fields_of(world, "Mutation"):
        if field["name"] in OWN:
            continue
        for kind, there, _ in variants(world):
            before = world.rows()
            query, variables = document(world, "Mutation", field, Filler(world, world.names, there))
            answer = ask(world, reader.key, query, variables)
            if world.rows() != before:
                wrong.append(f"{field['name']} with a {kind} changed something: {answer}")
    assert not wrong, "\n".join(wrong)


ROUTE = re.compile(r"\{ HTTP_(\w+), \"([^\"]+)\", (\w+),")


def routes():
    source = Path(__file__).parents[2] / "server" / "api" / "routes.c"
    found = ROUTE.findall(source.read_text())
    assert len(found) > 20
    return found


def filled(pattern: str, names: dict, number: str) -> str:
    words = {"entity": names["entity"], "project": names["project"], "run": names["run"], "path...": "users/owner"}
    if pattern.startswith("/signed/"):
        words["run"] = number
    return re.sub(r"\{([^}]+)\}", lambda part: words.get(part[1], number), pattern)


@pytest.mark.parametrize("asker", ["anonymous", "stranger"])
def test_routes__tell_nobody_what_exists(world, asker):
    key = User(world.server, "strangers").key if asker == "stranger" else None
    absent_names = {word: absent(value) for word, value in world.names.items()}
    body = json.dumps({"files": {}, **{name: world.names[word] for name, word in (("entity", "entity"), ("project", "project"))}})
    for method, pattern, who in routes():
        if who == "WHO_ANYONE":
            continue
        before, answers = world.rows(), []
        for names, number in ((world.names, "1"), (absent_names, "999999")):
            content = body.replace(world.names["entity"], names["entity"]).replace('"private"', json.dumps(names["project"]))
            more = {"data": content, "headers": {"Content-Type": "application/json"}} if method in ("POST", "PUT") else {}
            response = world.server.request(method, filled(pattern, names, number), key=key, **more)
            assert 400 <= response.status_code < 500, f"{method} {pattern}: {response.status_code} {response.text}"
            answer = response.json() if response.content else {}
            answer.pop("request_id", None)
            answers.append((response.status_code, plain(answer, names, number)))
        assert answers[0] == answers[1], f"{method} {pattern}: {answers}"
        assert world.rows() == before, f"{method} {pattern} changed something"
        expected = {"WHO_SIGNED_LINK": 403, "WHO_SERVER_ADMIN": 401 if key is None else 403}
        if key is None:
            expected |= {"WHO_USER": 401, "CAN_READ": 401, "CAN_WRITE": 401, "CAN_ADMIN": 401}
        assert answers[0][0] == expected.get(who, answers[0][0]), f"{method} {pattern}: {answers[0]}"
