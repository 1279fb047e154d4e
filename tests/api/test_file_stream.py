"""file_stream: what is stored, what is set aside, and which statuses a live run may see."""

from __future__ import annotations

import gzip
import json

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
