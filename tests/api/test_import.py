"""What an import says beside what clients say: times and sweeps, by those who may write; and rows as columns."""

from __future__ import annotations

import io

import pyarrow
import pyarrow.ipc
import pytest

from tests.support.protocol import RunUnderTest

READ = """query Read($entity: String!, $project: String!, $run: String!) { project(name: $project, entityName: $entity) { run(name: $run) {
    createdAt heartbeatAt stoppedAt sweepName state } sweeps { edges { node { name displayName state createdAt } } } } }"""
TIMES = {"createdAt": "2024-01-02T03:04:05.000Z", "heartbeatAt": "2024-01-03T03:04:05.000Z", "stoppedAt": "2024-01-03T03:04:06.000Z"}
SWEEP = {"name": "abcd1234", "displayName": "old", "state": "FINISHED", "config": "method: random\nparameters: {lr: {min: 0.0, max: 1.0}}",
         "createdAt": "2024-01-01T00:00:00.000Z"}  # fmt: skip


@pytest.fixture
def run(user):
    run = RunUnderTest(user, "p", "r")
    run.send_rows(0, [{"_step": 0, "a": 1}], complete=True, exitcode=0)
    return run


def put(run, body, **more):
    more.setdefault("key", run.user.key)
    return run.server.request("POST", f"/api/import/{run.user.name}/{run.project}", json=body, **more)


def read(run):
    return run.user.graphql(READ, {"entity": run.user.name, "project": run.project, "run": run.name})["project"]


def test_import__sets_times_and_brings_sweeps_under_their_names(run):
    for expected in (1, 0):
        answer = put(run, {"sweeps": [SWEEP], "runs": [{"name": "r", "sweep": "abcd1234", **TIMES}]})
        assert answer.status_code == 200 and answer.json() == {"sweeps": expected}, answer.text
    project = read(run)
    assert project["run"] == {**TIMES, "sweepName": "abcd1234", "state": "finished"}
    assert [edge["node"] for edge in project["sweeps"]["edges"]] == [{name: SWEEP[name] for name in ("name", "displayName", "state", "createdAt")}]


@pytest.mark.parametrize("body, why", [
    ({"runs": [{"name": "r", "createdAt": "2999-01-01T00:00:00Z"}]}, "must be a time in the past"),
    ({"runs": [{"name": "r", "createdAt": "yesterday"}]}, "must be a time in the past"),
    ({"runs": [{"name": "nobody"}]}, "run 'nobody' not found"),
    ({"runs": {}}, "must be a list of at most 1000 objects"),
    ({"runs": [1]}, "must be a list of objects"),
    ({"sweeps": [{**SWEEP, "state": "ODD"}]}, "one of the states"),
    ({"sweeps": [{**SWEEP, "config": "method: guess"}]}, "method"),
    ({"sweeps": [{**SWEEP, "name": "a/b"}]}, "sweep's name"),
])  # fmt: skip
def test_import__refuses_what_cannot_be(run, body, why):
    answer = put(run, {"sweeps": [SWEEP], **body} if "runs" in body else body)
    assert answer.status_code in (400, 404) and why in answer.text
    project = read(run)
    assert project["sweeps"]["edges"] == [] and not project["run"]["createdAt"].startswith(("2024", "2999"))


def test_import__is_for_those_who_may_write(run):
    assert put(run, {}, key=run.server.add_user("passer-by")).status_code == 404
    assert put(run, {}, key=None).status_code == 401


# ---- rows as columns ----


def table_of(table: pyarrow.Table) -> bytes:
    sink = io.BytesIO()
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return sink.getvalue()


def send(run, content: bytes, query: str = "file=wandb-history.jsonl&offset=0"):
    path = f"/files/{run.user.name}/{run.project}/{run.name}/file_stream?{query}"
    return run.server.request("POST", path, key=run.user.key, data=content, headers={"Content-Type": "application/vnd.apache.arrow.stream"})


@pytest.fixture
def empty(user):
    return RunUnderTest(user, "p", "columns")


def test_rows_as_columns__are_the_rows(empty):
    nested = pyarrow.field("a.b", pyarrow.float64(), metadata={"barograph.path": '["a","b"]'})
    listed = pyarrow.field("list", pyarrow.large_string(), metadata={"barograph.json": "true"})
    schema = pyarrow.schema([("_step", pyarrow.int64()), nested, listed, ("text", pyarrow.large_string()), ("ok", pyarrow.bool_())])
    columns = [[1, 5, 9], [0.5, None, float("inf")], ["[1, null]", None, "{}"], ["é", "", None], [True, False, None]]
    content = table_of(pyarrow.table(columns, schema=schema))
    for _ in range(2):  # sent again it is known
        assert send(empty, content).status_code == 200
    rows = [
        {"_step": 1, "a": {"b": 0.5}, "list": [1, None], "text": "é", "ok": True},
        {"_step": 5, "text": "", "ok": False},
        {"_step": 9, "a": {"b": float("inf")}, "list": {}},
    ]
    assert empty.read()["rows"] == [{**row} for row in rows] and empty.read()["historyLineCount"] == 3


@pytest.mark.parametrize("content, query, why", [
    (b"", "file=wandb-history.jsonl&offset=0", "no Arrow stream"),
    (b"{}", "file=wandb-history.jsonl&offset=0", "no Arrow stream"),
    (b"", "file=output.log&offset=0", "an Arrow stream needs"),
    (b"", "file=wandb-history.jsonl", "an Arrow stream needs"),
    (table_of(pyarrow.table({"_step": [1.5]})), "file=wandb-history.jsonl&offset=0", "'_step' is an integer"),
    (table_of(pyarrow.table({"a": [1]})), "file=wandb-history.jsonl&offset=-1", "begins on a line from 0"),
    (table_of(pyarrow.table({"a": pyarrow.array(["x"]).dictionary_encode()})), "file=wandb-history.jsonl&offset=0", "no Arrow stream"),
])  # fmt: skip
def test_rows_as_columns__that_are_none_are_refused(empty, content, query, why):
    answer = send(empty, content, query)
    assert answer.status_code == 400 and why in answer.text, answer.text
    assert empty.read()["rows"] == []


def test_rows_as_columns__too_many_at_once_are_refused(empty):
    wide = pyarrow.table({f"k{number}": pyarrow.array([True] * 200_000) for number in range(90)})
    sink = io.BytesIO()
    with pyarrow.ipc.new_stream(sink, wide.schema) as writer:
        writer.write_table(wide)
    answer = send(empty, sink.getvalue())
    assert answer.status_code == 413 and "a request holds at most" in answer.text
