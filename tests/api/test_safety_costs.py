"""The safety rules on what one request may cost, and on numbers from outside (rules 25, 26, 30 and 32)."""

from __future__ import annotations

import base64
import concurrent.futures
import json
import socket
import time

import pytest

from tests.api.test_memory import peak_bytes
from tests.conftest import User
from tests.support.artifact_draft import Draft
from tests.support.protocol import RunUnderTest
from tests.support.server import GraphQLError

MIB = 1 << 20

# ---- 30: what one request may cost ----


def test_s30__a_body_of_many_small_values_takes_no_gigabytes(make_server):
    server = make_server()
    before = peak_bytes(server)
    body = b'{"query": "{ serverInfo { __typename } }", "variables": {"a": [' + b"0," * (12 * MIB) + b"0]}}"
    answer = server.request("POST", "/graphql", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413, answer.text[:200]
    assert peak_bytes(server) - before < 400 * MIB


@pytest.mark.parametrize("field", ["folder(first: 1) { folderCount }", 'search(text: "x") { name }'])
def test_s30__what_may_read_a_million_rows_is_asked_for_a_few_times(user, field):
    """Aliases asked for all files of a version 200 times, or to look through half a million runs as often."""
    draft = Draft(user, "s30", "version")
    assert draft.put_manifest({"a/b": {"digest": "d", "ref": "s3://b/a", "size": 1}}).ok
    version = draft.commit()["id"]
    outer = f'artifact(id: "{version}")' if field.startswith("folder") else "viewer"

    def ask(count):
        return user.graphql(f"{{ asked: {outer} {{ {' '.join(f'a{number}: {field}' for number in range(count))} }} }}")["asked"]

    assert len(ask(4)) == 4
    with pytest.raises(GraphQLError, match="at most 4 times"):
        ask(5)


def slow_bodies(server, count, authorization):
    """Requests with large bodies whose last byte does not come."""
    head = f"POST /graphql HTTP/1.1\r\nHost: localhost\r\n{authorization}Content-Length: {64 * MIB}\r\n\r\n".encode()
    host, port = server.listen.rsplit(":", 1)
    sockets = []
    for _ in range(count):
        sockets.append(socket.create_connection((host, int(port)), timeout=30))
        try:
            sockets[-1].sendall(head + bytes(64 * MIB - 1))
        except OSError:
            pass  # refused while it was sent
    return sockets


def test_s25__nobody_fills_the_memory_for_bodies(make_server):
    server = make_server()
    run = RunUnderTest(User(server, "alice"), "s25", "run")
    before = peak_bytes(server)
    sockets = slow_bodies(server, 20, "")
    assert run.send_rows(0, [{"_step": 0}]) is not None
    assert peak_bytes(server) - before < 100 * MIB
    for each in sockets:
        each.close()


def test_s25__slow_large_bodies_of_one_do_not_keep_out_small_ones_of_others(make_server):
    server = make_server()
    run = RunUnderTest(User(server, "alice"), "s25", "run")
    basic = base64.b64encode(f"api:{User(server, 'mallory').key}".encode()).decode()
    sockets = slow_bodies(server, 18, f"Authorization: Basic {basic}\r\n")
    assert run.send_rows(0, [{"_step": 0}]) is not None
    for each in sockets:
        each.close()


def test_s30__large_metadata_is_not_read_once_for_each_announced_file(make_server):
    server = make_server()
    user = User(server, "alice")
    draft = Draft(user, "s30", metadata=json.dumps({"a": "x" * (4 * MIB)}))
    before = peak_bytes(server)
    assert len(draft.announce(*((f"{i}.bin", b"%d" % i) for i in range(1000)))) == 1000
    assert peak_bytes(server) - before < 200 * MIB


def test_s30__a_list_of_large_rows_is_refused_rather_than_read_into_memory(make_server):
    server = make_server()
    user = User(server, "alice")
    for name in ("a", "b"):
        draft = Draft(user, "s30", name, metadata=json.dumps({"a": "x" * (15 * MIB)}))
        assert draft.put_manifest({}).ok and draft.commit()
    again = " ".join(f'a{i}: artifact(id: "{draft.id}") {{ metadata }}' for i in range(200))
    answer = server.request("POST", "/graphql", key=user.key, json={"query": f"{{ {again} }}"})
    assert answer.status_code == 400 and answer.json()["errors"][0]["extensions"]["code"] == "TOO_LARGE"
    identifiers = " ".join(f'a{i}: artifact(id: "{draft.id}") {{ id }}' for i in range(200))
    assert server.request("POST", "/graphql", key=user.key, json={"query": f"{{ {identifiers} }}"}).status_code == 200
    assert peak_bytes(server) < 1500 * MIB


def test_s30__structured_console_lines_take_no_more_memory_than_their_text(make_server):
    server = make_server()
    run = RunUnderTest(User(server, "alice"), "s30", "run")
    line = '{"content": "shown", "more": [' + "0," * 400_000 + "0]}"
    run.send("output.log", 0, [line] * 60)
    before = peak_bytes(server)
    query = """{ project(name: "s30", entityName: "alice") { run(name: "run") { logLines(first: 1000) { edges { node { line } } } } } }"""
    edges = run.user.graphql(query)["project"]["run"]["logLines"]["edges"]
    assert [edge["node"]["line"] for edge in edges] == ["shown"] * 60
    assert peak_bytes(server) - before < 400 * MIB


def test_s26__two_hundred_log_ins_at_once_take_little_memory(make_server):
    server = make_server()
    before = peak_bytes(server)

    def log_in(number):
        body = {"username": f"nobody{number}", "password": "wrong password"}
        return server.request("POST", "/api/session", key=None, json=body, timeout=120)

    with concurrent.futures.ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(log_in, range(200)))
    assert {answer.status_code for answer in answers} <= {401, 429}
    assert all("Retry-After" in answer.headers for answer in answers if answer.status_code == 429)
    assert 429 in {answer.status_code for answer in answers}
    assert peak_bytes(server) - before < 2 * 64 * MIB + 150 * MIB
    assert server.request("GET", "/healthz", key=None).status_code == 200


def test_s26__log_ins_do_not_keep_others_waiting(make_server):
    server = make_server()
    run = RunUnderTest(User(server, "alice"), "s26", "run")

    def log_in(number):
        body = {"username": f"nobody{number}", "password": "wrong password"}
        return server.request("POST", "/api/session", key=None, json=body, timeout=120)

    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        asked = [pool.submit(log_in, number) for number in range(200)]
        worst, step = 0.0, 0
        while not all(each.done() for each in asked):
            began = time.monotonic()
            run.send_rows(step, [{"_step": step}])
            worst, step = max(worst, time.monotonic() - began), step + 1
    assert worst < 3


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a|aa)+$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*){1,1000}x", "a{1000}{1000}"])
def test_s30__a_regular_expression_takes_bounded_time(server, user, pattern):
    RunUnderTest(user, "s30-regex", "run", {"text": {"value": "a" * 1_000_000 + "!"}})
    query = "query Q($e: String!, $f: JSONString) { project(name: \"s30-regex\", entityName: $e) { runs(filters: $f) { totalCount } } }"
    began = time.monotonic()
    server.request("POST", "/graphql", key=user.key, json={"query": query, "variables": {
        "e": user.name, "f": json.dumps({"config.text.value": {"$regex": pattern}})}})
    assert time.monotonic() - began < 10


def test_s30__one_field_a_thousand_times_does_not_ask_a_thousand_times_for_long(server, user):
    RunUnderTest(user, "s30-aliases", "run")
    aliases = " ".join(f"a{i}: project(name: \"s30-aliases\") {{ runs(first: 1000) {{ edges {{ node {{ id }} }} }} }}" for i in range(6000))
    answer = server.request("POST", "/graphql", key=user.key, json={"query": f"{{ {aliases} }}"}, timeout=60)
    assert answer.status_code == 400 and answer.json()["errors"][0]["extensions"]["code"] == "TOO_LARGE"


def test_s30__aliases_are_bounded_before_they_are_stored(user):
    draft = Draft(user, "s30-alias")
    assert draft.put_manifest({}).ok and draft.commit()
    link = """mutation M($input: LinkArtifactInput!) { linkArtifact(input: $input) { versionIndex } }"""
    update = """mutation M($input: UpdateArtifactInput!) { updateArtifact(input: $input) { artifact { id } } }"""
    aliases = [{"artifactCollectionName": "data", "alias": "x" * 200}]
    with pytest.raises(GraphQLError, match="the alias has 200 bytes"):
        user.graphql(update, {"input": {"artifactID": draft.id, "aliases": aliases}})
    with pytest.raises(GraphQLError, match="the alias has 200 bytes"):
        user.graphql(link, {"input": {"artifactID": draft.id, "artifactPortfolioName": "p", "entityName": user.name,
                                      "projectName": "s30-alias", "aliases": aliases}})
    with pytest.raises(GraphQLError, match="the alias has 200 bytes"):
        Draft(user, "s30-alias", "more", aliases=aliases)


# ---- 32: numbers from outside ----


def test_s32__sizes_that_add_up_to_more_than_fits_are_refused(user):
    draft = Draft(user, "s32")
    huge = {"digest": "x", "size": (1 << 63) - 1, "ref": "s3://bucket/x"}
    assert draft.put_manifest({"a": huge, "b": huge}).ok
    with pytest.raises(GraphQLError, match="more than any store holds"):
        draft.commit()


@pytest.mark.parametrize("field", ["history(minStep: -9223372036854775808, maxStep: 9223372036854775807)",
                                   "history(minStep: 9223372036854775807, maxStep: -9223372036854775808)",
                                   "logLines(first: 2147483647, last: -2147483648) { totalCount }",
                                   "files(first: 2147483647) { totalCount }", "history(samples: 2147483647)",
                                   "history(samples: -1)", "events(samples: 10000000)", 'files(pattern: "%_%_%_%_%_%_%_%_%_%_%x") { totalCount }',
                                   'outputArtifacts(first: -5, after: "18446744073709551615") { totalCount }'])
def test_s32__numbers_at_the_ends_of_their_range_are_only_numbers(server, user, field):
    run = RunUnderTest(user, "s32", "run")
    run.send_rows(0, [{"_step": 0, "a": 1}, {"_step": (1 << 63) - 1, "a": 2}, {"_step": -(1 << 63), "a": 1e308}])
    run.put("a" * 200, b"x")
    size = len(server.log())
    query = f'query Q($e: String!) {{ project(name: "s32", entityName: $e) {{ run(name: "run") {{ {field} }} }} }}'
    answer = server.request("POST", "/graphql", key=user.key, json={"query": query, "variables": {"e": user.name}})
    assert answer.status_code in (200, 400), answer.text
    assert "runtime error" not in server.log(size) and "INTERNAL" not in answer.text


@pytest.mark.parametrize("spec", [{"keys": ["a"], "samples": 10_000_000, "minStep": -(1 << 63), "maxStep": (1 << 63) - 1},
                                  {"keys": ["a"], "samples": 1, "minStep": (1 << 63) - 1, "maxStep": -(1 << 63)},
                                  {"keys": [""], "samples": 5}, {"keys": ["_step"] * 10_000, "samples": 10_000_000},
                                  {"keys": ["a", "b" * 70_000], "samples": 1e300}, {"keys": ["a"], "minStep": 1e300}])
def test_s32__samples_at_the_ends_of_their_range_are_only_samples(server, user, spec):
    run = RunUnderTest(user, "s32", "samples")
    run.send_rows(0, [{"_step": -(1 << 63), "a": 1e308}, {"_step": 0, "a": -1e308}, {"_step": (1 << 63) - 1, "a": 2}])
    size = len(server.log())
    query = 'query Q($e: String!, $s: [JSONString!]!) { project(name: "s32", entityName: $e) { run(name: "samples") { sampledHistory(specs: $s) } } }'
    answer = server.request("POST", "/graphql", key=user.key, json={"query": query, "variables": {"e": user.name, "s": [json.dumps(spec)]}})
    assert answer.status_code == 200, answer.text
    assert "runtime error" not in server.log(size) and "INTERNAL" not in answer.text


@pytest.mark.parametrize("more", [{}, {"x": "b"}, {"min": -1.7e308, "max": 1.7e308}, {"x": "b", "min": 1e308, "max": -1e308},
                                  {"buckets": 1}, {"buckets": 65536, "x": "b"}, {"min": 5e-324, "max": 5e-324}])
def test_s32__a_chart_of_the_largest_numbers_is_only_a_chart(server, user, more):
    run = RunUnderTest(user, "s32", "chart")
    rows = [{"_step": i, "a": (-1) ** i * 1.7e308, "b": (-1) ** (i // 2) * 1.7e308} for i in range(3000)]
    run.send_rows(0, rows)
    size = len(server.log())
    body = {"entity": user.name, "project": "s32", "runs": ["chart"], "keys": ["a", "b"], **more}
    answer = server.request("POST", "/api/history/buckets", key=user.key, json=body)
    assert answer.status_code == 200, answer.text
    assert "runtime error" not in server.log(size)
