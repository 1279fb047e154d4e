"""file_stream: what is stored, what is set aside, and which statuses a live run may see."""

from __future__ import annotations

import base64
import gzip
import json
import socket
import time
from types import SimpleNamespace

import pytest

from tests.support.protocol import RunUnderTest

HISTORY, EVENTS = "wandb-history.jsonl", "wandb-events.jsonl"


@pytest.fixture
def run(user) -> RunUnderTest:
    return RunUnderTest(user, "stream", "run")


def row(step: int, **values) -> dict:
    return {"_step": step, **values}


def test_same_request_twice__changes_nothing(run):
    rows = [row(0, a=1), row(1, a=2)]
    for _ in range(3):
        run.send_rows(0, rows)
    assert run.read()["rows"] == rows
    assert run.read()["historyLineCount"] == 2


def test_overlap__keeps_the_newest(run):
    run.send_rows(0, [row(0, a=1), row(1, a=2), row(2, a=3)])
    run.send_rows(1, [row(1, a=20), row(2, a=30), row(3, a=40)])
    assert [each["a"] for each in run.read()["rows"]] == [1, 20, 30, 40]


def test_gap__is_accepted_and_filled_later(run):
    run.send_rows(5, [row(5, a=5)])
    assert run.read()["historyLineCount"] == 6
    run.send_rows(0, [row(n, a=n) for n in range(5)])
    assert [each["a"] for each in run.read()["rows"]] == [0, 1, 2, 3, 4, 5]


def test_steps_that_go_back__are_all_kept(run):
    run.send_rows(0, [row(0, a=1), row(1, a=2), row(0, a=3), row(1, a=4)])
    assert sorted(each["a"] for each in run.read()["rows"]) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "",
        "[1, 2]",
        '"text"',
        "null",
        '{"a": 1} {"b": 2}',
        '{"a": }',
        '{"_step": "one", "a": 1}',
        '{"_step": 1e300}',
        "[" * 100_000,
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        '{"a": "\ud800"}',
    ],
    ids=lambda line: repr(line[:20]),
)
def test_bad_line__is_set_aside_and_the_rest_of_its_batch_is_kept(run, line):
    content = [json.dumps(row(0, a=0)), line, json.dumps(row(2, a=2))]
    body = json.dumps({"files": {HISTORY: {"offset": 0, "content": content}}}).encode()
    response = run.post(body, headers={"Content-Type": "application/json"})
    assert response.status_code == 200, response.text
    kept = [each["a"] for each in run.read()["rows"] if "a" in each]
    assert 0 in kept and 2 in kept


def test_wide_row_and_long_value__are_kept(run):
    wide = row(0, **{f"key{n}": n for n in range(10_000)})
    long = row(1, text="x" * 1_000_000)
    run.send_rows(0, [wide, long])
    assert run.read()["rows"] == [wide, long]


def test_body_that_is_no_json__is_400(run):
    for body in (b"{", b"not json", b"[]", b"\xff\xfe"):
        assert run.post(body, headers={"Content-Type": "application/json"}).status_code == 400, body


def test_body_beyond_its_limit__is_413(run):
    big = b'{"files": {"' + b"x" * (65 << 20) + b'": 1}}'
    assert run.post(big, headers={"Content-Type": "application/json"}).status_code == 413


def test_gzip_body__is_read(run):
    body = gzip.compress(json.dumps({"files": {HISTORY: {"offset": 0, "content": ['{"_step":0,"a":7}']}}}).encode())
    assert run.post(body, headers={"Content-Encoding": "gzip"}).status_code == 200
    assert run.read()["rows"] == [row(0, a=7)]


def test_run_that_is_not_known_yet__is_made_or_asked_to_come_again(user):
    path = f"/files/{user.name}/unheard/of/file_stream"
    response = user.server.request("POST", path, key=user.key, json={})
    assert response.status_code in (200, 503)
    if response.status_code == 503:
        assert float(response.headers["Retry-After"]) > 0


def test_deleted_run__ends_its_stream(run):
    run.user.graphql("mutation D($id: ID!) { deleteRun(input: {id: $id}) { clientMutationId } }", {"id": run.id})
    assert run.post({}).status_code in (404, 410)


def test_bad_key__is_401(run):
    assert run.post({}, key="x" * 40).status_code == 401


def test_other_tenant__cannot_tell_a_run_from_none(run, make_user):
    other = make_user()
    theirs = run.post({}, key=other.key)
    path = f"/files/{run.user.name}/{run.project}/no-such-run/file_stream"
    none = run.server.request("POST", path, key=other.key, json={})
    assert theirs.status_code == none.status_code
    assert theirs.status_code in (403, 404)


def test_complete__ends_the_run(run):
    run.send_rows(0, [row(0)], complete=True, exitcode=0)
    assert (run.read()["state"], run.read()["exitcode"]) == ("finished", 0)
    run.send_rows(0, [row(0)])  # a repeated request, come late
    assert run.read()["state"] == "finished"


def test_ended_run__runs_again_when_it_is_begun_again(run):
    run.send_rows(0, [row(0)], complete=True, exitcode=0)
    RunUnderTest(run.user, run.project, run.name)
    assert run.read()["state"] == "running"
    assert run.post({"complete": True, "exitcode": 2}).status_code == 200
    assert run.read()["state"] == "failed"


def test_complete_false__is_no_end(run):
    assert run.post({"complete": False, "failed": False, "dropped": 0, "uploaded": ["a.txt"]}).status_code == 200
    assert run.read()["state"] == "running"


def test_preempting__is_a_state(run):
    assert run.post({"preempting": True}).status_code == 200
    assert run.read()["state"] == "preempting"


def test_summary__replaces_the_one_before(run):
    run.send("wandb-summary.json", 0, ['{"a": 1, "b": {"c": 2}}'])
    run.send("wandb-summary.json", 0, ['{"a": 3, "nan": NaN}'])
    summary = json.loads(run.read()["summaryMetrics"])
    assert summary["a"] == 3 and "b" not in summary and "nan" in summary


def test_console_lines__are_rewritten_by_offset(run):
    run.send("output.log", 0, ['{"ts":"2026-01-01T00:00:00.000001","content":"one"}', "2026-01-01T00:00:00.000002 50%"])
    run.send("output.log", 1, ["ERROR 2026-01-01T00:00:00.000003 100%\n"])
    query = """query Q($entity: String, $project: String!, $run: String!) {
        project(name: $project, entityName: $entity) { run(name: $run) {
            logLines(first: 10) { edges { node { number line level } } } } } }"""
    edges = run.user.graphql(query, run.variables)["project"]["run"]["logLines"]["edges"]
    nodes = [edge["node"] for edge in edges]
    assert [(node["number"], node["line"].rstrip("\n")) for node in nodes] == [(0, "one"), (1, "100%")]
    assert nodes[1]["level"] == "error"
    assert run.read()["logLineCount"] == 2


def test_events__are_read_back(run):
    run.send(EVENTS, 0, ['{"system.cpu":1.5,"_runtime":1,"_timestamp":1700000000,"_wandb":true}'])
    query = """query Q($entity: String, $project: String!, $run: String!) {
        project(name: $project, entityName: $entity) { run(name: $run) { events(samples: 10) } } }"""
    events = run.user.graphql(query, run.variables)["project"]["run"]["events"]
    assert [json.loads(event)["system.cpu"] for event in events] == [1.5]
    assert run.read()["eventsLineCount"] == 1


def test_writers_of_a_shared_run__have_lines_of_their_own(run):
    for name in ("first", "second"):
        headers = {"X-WANDB-USE-ASYNC-FILESTREAM": "true", "X-WANDB-ASYNC-CLIENT-ID": name}
        body = {"files": {HISTORY: {"offset": 0, "content": [json.dumps(row(0, writer=name))]}}}
        for _ in range(2):
            assert run.post(body, headers=headers).status_code == 200
    assert sorted(each["writer"] for each in run.read()["rows"]) == ["first", "second"]


# --- what a body may hold ---

JSON_TYPE = {"Content-Type": "application/json"}


def receipt(run) -> dict:
    path = f"/api/runs/{run.user.name}/{run.project}/{run.name}/receipt"
    response = run.server.request("GET", path, key=run.user.key)
    assert response.status_code == 200, response.text
    return response.json()


def body_of_size(size: int) -> bytes:
    start, end = b'{"files":{"output.log":{"offset":0,"content":["', b'"]}}}'
    line = b"x" * 1_000_000
    lines = b'","'.join([line] * (size // (len(line) + 3) - 1))
    padding = size - len(start) - len(end) - len(lines) - 3
    return start + lines + b'","' + b"y" * padding + end


def test_body_of_64_mib__is_accepted_and_one_byte_more_is_not(run):
    limit = 64 << 20
    body = body_of_size(limit)
    assert len(body) == limit
    assert run.post(body, headers=JSON_TYPE).status_code == 200
    assert run.read()["logLineCount"] > 60
    assert run.post(body + b" ", headers=JSON_TYPE).status_code == 413


def test_line_of_10_mib_full_of_escapes__is_kept(run):
    text = '"\\\n' * ((10 << 20) // 6)  # six bytes each inside the row, twelve inside the body
    run.send_rows(0, [row(0, text=text), row(1)])
    assert run.read()["rows"][0]["text"] == text


def test_line_beyond_16_mib__is_set_aside_and_the_rest_kept(run):
    run.send(HISTORY, 0, ['{"_step":0,"text":"' + "x" * (17 << 20) + '"}', '{"_step":1,"a":1}'])
    assert [each["_step"] for each in run.read()["rows"]] == [1]
    assert receipt(run)["refused"]["lines"] == 1


def test_content_length_of_a_gigabyte__is_refused_before_it_is_read(run):
    address = run.server.base_url.split("//")[1].split(":")
    with socket.create_connection((address[0], int(address[1])), timeout=10) as peer:
        auth = base64.b64encode(f"api:{run.user.key}".encode()).decode()
        peer.sendall(
            f"POST /files/{run.user.name}/{run.project}/{run.name}/file_stream HTTP/1.1\r\nHost: {':'.join(address)}\r\n"
            f"Authorization: Basic {auth}\r\nContent-Length: {1 << 30}\r\n\r\n".encode()
        )
        assert b" 413 " in peer.recv(4096).split(b"\r\n")[0]


def test_truncated_body__is_400_wherever_it_ends_and_nothing_of_it_is_stored(run):
    whole = json.dumps({"files": {HISTORY: {"offset": 0, "content": [json.dumps(row(0, a="x")), "{}"]}}, "exitcode": 1}).encode()
    for end in range(1, len(whole), 7):
        assert run.post(whole[:end], headers=JSON_TYPE).status_code == 400, whole[:end]
    assert run.read()["rows"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"files": []},
        {"files": {HISTORY: []}},
        {"files": {HISTORY: {"offset": "0", "content": []}}},
        {"files": {HISTORY: {"offset": -1, "content": []}}},
        {"files": {HISTORY: {"offset": 0, "content": "line"}}},
        {"complete": "yes"},
        {"exitcode": "1"},
    ],
    ids=json.dumps,
)
def test_body_of_wrong_types__is_400_with_a_sentence(run, body):
    response = run.post(body)
    assert response.status_code == 400
    assert len(response.json()["error"]) > 10


def test_deep_body__is_400_and_the_server_lives(run):
    assert run.post(b"[" * 100_000, headers=JSON_TYPE).status_code == 400
    assert run.post(b'{"files":' * 100_000, headers=JSON_TYPE).status_code == 400
    assert run.post({}).status_code == 200


def test_invalid_utf8__is_repaired_and_the_rest_kept(run):
    rows = [b'"{\\"_step\\":0,\\"text\\":\\"caf\xc3\\"}"', b'"{\\"_step\\":1,\\"text\\":\\"\xc3\xa9\\"}"']
    body = b'{"files":{"wandb-history.jsonl":{"offset":0,"content":[' + b",".join(rows) + b"]}}}"
    assert run.post(body, headers=JSON_TYPE).status_code == 200
    assert [each["text"] for each in run.read()["rows"]] == ["caf\ufffd", "\xe9"]


def test_numbers_of_every_size__are_exact(run):
    line = '{"_step":0,"int":9007199254740993,"big":123456789012345678901234567890,"tiny":5e-324,"huge":1e400,"nan":NaN,"inf":-Infinity,"zero":-0.0}'
    run.send(HISTORY, 0, [line])
    stored = run.user.graphql(
        """query Q($entity: String, $project: String!, $run: String!) {
        project(name: $project, entityName: $entity) { run(name: $run) { history(minStep: 0, maxStep: 9, samples: 9) } } }""",
        run.variables,
    )["project"]["run"]["history"][0]
    for text in ("9007199254740993", "123456789012345678901234567890", "5e-324", "NaN", "-Infinity", '"zero":-0'):
        assert text in stored, stored


def test_offset_beyond_any_line__is_answered(run):
    body = {"files": {HISTORY: {"offset": 2**63 - 1, "content": ["{}", "{}"]}}}
    assert run.post(body).status_code in (200, 400)
    assert run.post(b'{"files":{"output.log":{"offset":1e30,"content":["a"]}}}', headers=JSON_TYPE).status_code == 400
    run.send_rows(0, [row(0, a=1)])
    assert row(0, a=1) in run.read()["rows"]


def test_lines_of_an_unknown_stream__are_set_aside(run):
    run.send("no-such-stream.txt", 3, ["one", "two"])
    kept = receipt(run)["refused"]["kept"]
    assert [(each["file"], each["line"], each["reason"]) for each in kept] == [
        ("no-such-stream.txt", 3, "no stream has this file name"),
        ("no-such-stream.txt", 4, "no stream has this file name"),
    ]


# --- statuses ---


def test_unknown_run__is_made(user):
    path = f"/files/{user.name}/unheard/of/file_stream"
    body = {"files": {HISTORY: {"offset": 0, "content": ['{"_step":0,"a":1}']}}}
    assert user.server.request("POST", path, key=user.key, json=body).status_code == 200
    run = RunUnderTest(user, "unheard", "of")
    assert run.answer["inserted"] is False
    assert run.read()["rows"] == [row(0, a=1)]


def test_deleted_run__is_410(run):
    run.user.graphql("mutation D($id: ID!) { deleteRun(input: {id: $id}) { clientMutationId } }", {"id": run.id})
    assert run.post({}).status_code == 410


def test_no_key__is_401(run):
    path = f"/files/{run.user.name}/{run.project}/{run.name}/file_stream"
    assert run.server.request("POST", path, key=None, json={}).status_code == 401


# --- states ---


@pytest.mark.parametrize(
    "exit_code, state", [(0, "finished"), (1, "failed"), (255, "failed"), (-9, "failed"), (2**40, "failed")]
)
def test_exit_code__gives_the_state(run, exit_code, state):
    assert run.post({"complete": True, "exitcode": exit_code}).status_code == 200
    assert run.read()["state"] == state


def test_stopped_run__hears_of_it_with_its_next_request_and_ends_killed(run):
    assert run.post({}).json() == {}
    run.user.graphql("mutation S($id: ID!) { stopRun(input: {id: $id}) { success } }", {"id": run.id})
    assert run.post({}).json() == {"stopped": True}
    run.post({"complete": True, "exitcode": 255})
    assert run.read()["state"] == "killed"


def test_silent_run__crashes_and_runs_again_when_it_sends(make_server):
    server = make_server("--crash-after-s", "1")
    administrator = SimpleNamespace(server=server, name="admin", key=server.admin_key, graphql=server.graphql)
    run = RunUnderTest(administrator, "quiet", "one")
    assert eventually(lambda: run.read()["state"] == "crashed")
    assert run.post({}).status_code == 200
    assert run.read()["state"] == "running"


def test_preempting_run_that_ends__is_not_lost(run):
    run.post({"preempting": True})
    assert run.read()["state"] == "preempting"
    run.post({"complete": True, "exitcode": 0})
    assert run.read()["state"] == "finished"


def eventually(holds, limit_s: float = 10) -> bool:
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.1)
    return False


# --- receipts ---


def test_receipt__counts_what_came_and_what_became_of_it(run):
    rows = [row(n, a=n, b="x") for n in range(4)]
    run.send_rows(0, rows)
    run.send_rows(0, rows)
    run.send_rows(2, [row(2, a=20, b="y")])
    run.send_rows(7, [row(9, a=7, b="z")])
    run.send(HISTORY, 8, ["no json"])
    run.send("output.log", 0, ["a", "b"])
    run.send("output.log", 1, ["c"], dropped=2)
    run.send("wandb-summary.json", 0, ['{"a":1}'])
    run.put("model.bin", b"12345")
    run.upload_urls("never.bin")
    got = receipt(run)

    assert got["requests"] == 8 and got["bytes"] > 500 and got["droppedByClient"] == 2 and got["summaries"] == 1
    history = got["history"]
    assert (history["rowsReceived"], history["rowsStored"], history["rowsSuperseded"]) == (6, 5, 1)
    assert history["pointsReceived"] == 12
    assert (history["repeatedBatches"], history["lines"]) == (1, 9)
    assert history["lineGaps"] == [{"writer": "", "first": 4, "last": 6}]
    assert history["stepGaps"] == [{"first": 4, "last": 8}]
    assert got["console"] == {"linesReceived": 3, "linesStored": 2, "linesSuperseded": 1}
    assert (got["refused"]["lines"], got["refused"]["bytes"]) == (1, 7)
    refused = got["refused"]["kept"][0]
    assert (refused["file"], refused["line"], refused["bytes"]) == (HISTORY, 8, 7) and refused["reason"]
    assert (got["files"]["stored"], got["files"]["bytes"], got["files"]["missing"]) == (1, 5, 1)
    assert [each["name"] for each in got["files"]["missingUploads"]] == ["never.bin"]


def test_receipt__is_a_field_of_the_run_too(run):
    run.send_rows(0, [row(0, a=1)])
    query = """query Q($entity: String, $project: String!, $run: String!) {
        project(name: $project, entityName: $entity) { run(name: $run) { receipt } } }"""
    assert run.user.graphql(query, run.variables)["project"]["run"]["receipt"] == receipt(run)


def test_receipt_of_another_tenant__is_not_there(run, make_user):
    path = f"/api/runs/{run.user.name}/{run.project}/{run.name}/receipt"
    assert run.server.request("GET", path, key=make_user().key).status_code == 404
    assert run.server.request("GET", path, key=None).status_code == 401


def test_lines_that_are_set_aside__are_kept_up_to_a_cap_and_counted_beyond(run):
    for offset in (0, 900):
        run.send(HISTORY, offset, ["bad"] * 900)
    got = receipt(run)
    assert got["refused"]["lines"] == 1800
    assert len(got["refused"]["kept"]) == 100
    assert got["history"]["rowsStored"] == 0
