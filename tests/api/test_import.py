"""What an import says beside what clients say: times and sweeps, by those who may write; and rows as columns."""

from __future__ import annotations

import io
import json

import pyarrow
import pyarrow.ipc
import pytest

from tests.api.test_sweeps import UPSERT_RUN, Sweep
from tests.api.test_views import save, team  # noqa: F401  (team is a fixture)
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
        assert answer.status_code == 200 and answer.json() == {"comments": 0, "sweeps": expected}, answer.text
    project = read(run)
    assert project["run"] == {**TIMES, "sweepName": "abcd1234", "state": "finished"}
    assert [edge["node"] for edge in project["sweeps"]["edges"]] == [{name: SWEEP[name] for name in ("name", "displayName", "state", "createdAt")}]


@pytest.mark.parametrize("body, why", [
    ({"runs": [{"name": "r", "createdAt": "2999-01-01T00:00:00Z"}]}, "must be a time in the past"),
    ({"runs": [{"name": "r", "createdAt": "yesterday"}]}, "must be a time in the past"),
    ({"runs": [{"name": "nobody"}]}, "run 'nobody' not found"),
    ({"runs": {}}, "must be a list of at most 1000 objects"),
    ({"runs": [1]}, "must be a list of objects"),
    ({"runs": [], "discussions": [{}] * 11}, "must be a list of at most 10 objects"),
    ({"runs": [{"name": "r", "alerts": [{"title": "t", "text": "", "severity": "INFO", "createdAt": TIMES["createdAt"]}] * 1000}] * 11}, "at most 10000 alerts"),
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


def test_import__lets_a_sweep_go_on_where_its_runs_say(run):
    """Its search is what its runs tried: no point of a grid is tried again."""
    for name, x in (("a", 1), ("b", 2)):
        run.user.graphql(UPSERT_RUN, {"input": {"name": name, "modelName": "p", "config": json.dumps({"x": {"value": x}})}})
    sweep = {**SWEEP, "state": "RUNNING", "config": json.dumps({"method": "grid", "parameters": {"x": {"values": [1, 2, 3]}}})}
    assert put(run, {"sweeps": [sweep], "runs": [{"name": name, "sweep": sweep["name"]} for name in ("a", "b")]}).status_code == 200
    again = Sweep.__new__(Sweep)
    again.user, again.name = run.user, sweep["name"]
    agent = again.agent()
    assert again.run_whole(agent) == {"x": 3} and again.beat(agent) == [{"type": "exit"}]


# ---- what was said, what was raised, and by whom ----

SAVE = """mutation($input: UpsertViewInput!) { upsertView(input: $input) { view { id } } }"""
TALK = """query($id: ID!) { view(id: $id) { createdAt user { username } discussionThreads { quote createdAt resolvedAt resolvedBy { username }
    comments { username importedAuthor body createdAt editedAt } } } }"""
RAISED = """query Read($entity: String!, $project: String!, $run: String!) { project(name: $project, entityName: $entity) { run(name: $run) {
    user { username } alerts { title text severity createdAt } } } }"""
BELL = "{ viewer { notifications { kind text } } }"
EARLY, LATE, LATER = (f"2024-01-0{day}T00:00:00.000Z" for day in (1, 2, 3))


def said(author, body, at, edited=None):
    return {"username": author, "body": body, "createdAt": at, "editedAt": edited}


def thread_of(*comments, **more):
    return {"quote": "some words", "createdAt": EARLY, "comments": list(comments), **more}


@pytest.fixture
def report(run):
    return run.user.graphql(SAVE, {"input": {"entityName": run.user.name, "projectName": "p", "type": "runs", "name": "r", "spec": "{}"}})["upsertView"]["view"]["id"]


def bring(run, report, *threads, **more):
    answer = put(run, {"discussions": [{"view": report, "threads": list(threads)}]}, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()["comments"]


def talk(run, report):
    return run.user.graphql(TALK, {"id": report})["view"]["discussionThreads"]


def test_import__brings_threads_once_and_what_is_new_of_them(run, report):
    first = [said("alice", f"why, @{run.user.name}?", EARLY), said("bob", "because", LATE), said("bob", "because", LATE)]
    for expected in (3, 0):
        assert bring(run, report, thread_of(*first, resolvedAt=LATE, resolvedBy="alice")) == expected
    (thread,) = talk(run, report)
    assert (thread["quote"], thread["createdAt"], thread["resolvedAt"], thread["resolvedBy"]) == ("some words", EARLY, LATE, {"username": run.user.name})
    assert [(c["importedAuthor"], c["body"], c["createdAt"], c["username"]) for c in thread["comments"]] == [
        (c["username"], c["body"], c["createdAt"], run.user.name) for c in first
    ], "who is not known here is named, and who brought it stands for it"
    more = [*first[:1], said("bob", "because of it", LATE, LATER), first[2], said("alice", "I see", LATER)]
    assert bring(run, report, thread_of(*more), thread_of(said(None, "from nobody", LATER), createdAt=LATER)) == 2
    thread, other = talk(run, report)
    assert [(c["body"], c["editedAt"]) for c in thread["comments"]] == [(c["body"], c["editedAt"]) for c in more] and thread["resolvedAt"] is None
    assert other["comments"][0]["importedAuthor"] == ""
    assert run.user.graphql(BELL)["viewer"]["notifications"] == [], "what comes from elsewhere is no news"


def test_import__puts_no_words_into_the_mouths_of_others(server, make_user):
    owner, member = make_user(), make_user()
    team = f"{owner.name}-talks"
    owner.graphql("mutation($n: String!) { createTeam(input: {teamName: $n}) { entity { id } } }", {"n": team})
    owner.graphql("mutation($n: String!, $u: String) { createInvite(input: {entityName: $n, username: $u}) { invite { id } } }", {"n": team, "u": member.name})
    owner.graphql('mutation($e: String) { upsertModel(input: {entityName: $e, name: "p"}) { inserted } }', {"e": team})
    place = {"entityName": team, "projectName": "p"}
    report = owner.graphql(SAVE, {"input": {**place, "type": "runs", "name": "r", "spec": "{}"}})["upsertView"]["view"]["id"]
    begin = 'mutation($v: ID!) { createDiscussionThread(input: {viewId: $v, quote: "some words", body: "no"}) { thread { id } } }'
    owner.graphql(begin, {"v": report})
    read = lambda: owner.graphql(TALK, {"id": report})["view"]["discussionThreads"]  # noqa: E731
    (thread,) = read()

    def bring_as(user, author, at, body):
        threads = [{**thread, "comments": [said(author, body, at, LATER)]}]
        answer = server.request("POST", f"/api/import/{team}/p", json={"discussions": [{"view": report, "threads": threads}]}, key=user.key)
        assert answer.status_code == 200, answer.text
        return {comment["body"] for comment in read()[0]["comments"]}

    assert bring_as(member, owner.name, thread["comments"][0]["createdAt"], "yes") == {"no"}, "said here"
    assert bring_as(owner, "alice", EARLY, "why?") == {"no", "why?"}
    assert bring_as(member, "alice", EARLY, "how?") == {"no", "why?"}, "who brought it stands for it"
    assert bring_as(member, "alice", LATE, "when?") == {"no", "why?", "when?"}


def test_import__keeps_what_was_said_and_settled_here(run, report):
    bring(run, report, thread_of(said("alice", "why?", EARLY)))
    thread = run.user.graphql("query($id: ID!) { view(id: $id) { discussionThreads { id } } }", {"id": report})["view"]["discussionThreads"][0]["id"]
    run.user.graphql("""mutation($id: ID!) { createDiscussionComment(input: {threadId: $id, body: "here"}) { thread { id } }
        resolveDiscussionThread(input: {id: $id, resolved: true}) { thread { id } } }""", {"id": thread})  # fmt: skip
    assert bring(run, report, thread_of(said("alice", "why?", EARLY))) == 0
    (thread,) = talk(run, report)
    assert [(c["body"], c["importedAuthor"]) for c in thread["comments"]] == [("why?", "alice"), ("here", None)] and thread["resolvedAt"] is not None


def test_import__believes_only_administrators_of_the_server_who_made_something(run, report, server):
    friend = server.add_user("friend-of-imports")
    names = {"username": "friend-of-imports"}
    body = {"runs": [{"name": "r", **names}], "views": [{"id": report, "createdAt": EARLY, **names}]}
    read = lambda: (read_run()["user"]["username"], run.user.graphql(TALK, {"id": report})["view"]["user"]["username"])  # noqa: E731
    read_run = lambda: run.user.graphql(RAISED, {"entity": run.user.name, "project": "p", "run": "r"})["project"]["run"]  # noqa: E731
    assert put(run, body).status_code == 200 and read() == (run.user.name, run.user.name)
    assert run.user.graphql(TALK, {"id": report})["view"]["createdAt"] == EARLY, "when is believed"
    assert put(run, body, key=server.admin_key).status_code == 200
    assert read() == (run.user.name, run.user.name), "who may not read the project has made nothing in it"
    run.user.graphql('mutation($e: String!) { upsertModel(input: {entityName: $e, name: "p", access: "USER_READ"}) { model { id } } }', {"e": run.user.name})
    bring(run, report, thread_of(said("friend-of-imports", "mine", EARLY)))
    assert talk(run, report)[0]["comments"][0]["username"] == run.user.name
    assert put(run, body, key=server.admin_key).status_code == 200 and read() == ("friend-of-imports",) * 2
    assert bring(run, report, thread_of(said("friend-of-imports", "mine", EARLY)), key=server.admin_key) == 0
    assert talk(run, report)[0]["comments"][0]["username"] == "friend-of-imports"
    assert put(run, {"runs": body["runs"]}).status_code == 200 and read()[0] == "friend-of-imports", "nor is it taken away again"
    assert friend


def test_import__does_not_date_what_others_made(team, server):  # noqa: F811
    theirs, ours = (save(team[who], team["name"], type="runs", name=who)["view"]["id"] for who in ("admin", "member"))
    dated = {"views": [{"id": theirs, "createdAt": EARLY}, {"id": ours, "createdAt": EARLY}]}
    read = lambda: [team["member"].graphql(TALK, {"id": id})["view"]["createdAt"] == EARLY for id in (theirs, ours)]  # noqa: E731
    for who, expected in (("member", [False, True]), ("admin", [True, True])):
        answer = server.request("POST", f"/api/import/{team['name']}/p", json=dated, key=team[who].key)
        assert answer.status_code == 200 and read() == expected, answer.text


def test_import__brings_alerts_of_which_nobody_is_told(run):
    alert = {"title": "look", "text": "at it", "severity": "WARN", "createdAt": EARLY}
    for _ in range(2):
        assert put(run, {"runs": [{"name": "r", "alerts": [alert, {**alert, "createdAt": LATE}]}]}).status_code == 200
    read = run.user.graphql(RAISED, {"entity": run.user.name, "project": "p", "run": "r"})["project"]["run"]
    assert read["alerts"] == [{**alert, "createdAt": LATE}, alert] and run.user.graphql(BELL)["viewer"]["notifications"] == []


@pytest.mark.parametrize("what, why", [
    ({"threads": [{"createdAt": EARLY, "comments": []}]}, "needs its 'createdAt' and 'comments'"),
    ({"threads": [{"comments": [said("a", "b", EARLY)]}]}, "needs its 'createdAt' and 'comments'"),
    ({"threads": [thread_of(said("a", " ", EARLY))]}, "needs words"),
    ({"threads": [thread_of(said("a", "x" * 10001, EARLY))]}, "10000"),
    ({"threads": [thread_of(said("a" * 300, "b", EARLY))]}, "author's name"),
    ({"threads": [thread_of(said("a", "b", "2999-01-01T00:00:00Z"))]}, "in the past"),
    ({"threads": [thread_of(said("a", "b", None))]}, "needs its 'createdAt'"),
    ({"view": "bm8=", "threads": [thread_of(said("a", "b", EARLY))]}, "no such view"),
])  # fmt: skip
def test_import__refuses_talk_that_cannot_be(run, report, what, why):
    answer = put(run, {"discussions": [{"view": report, "threads": [thread_of(said("a", "first", EARLY), quote="x")]}, {"view": report, **what}]})
    assert answer.status_code in (400, 404) and why in answer.text
    assert talk(run, report) == [], "all of it or nothing"


def test_import__does_not_reach_into_other_projects(run, report, server):
    other = run.user.graphql(SAVE, {"input": {"entityName": run.user.name, "projectName": "p", "type": "runs", "name": "s", "spec": "{}"}})["upsertView"]["view"]["id"]
    RunUnderTest(run.user, "q", "r").post({"complete": True, "exitcode": 0})
    for what in ({"discussions": [{"view": other, "threads": []}]}, {"views": [{"id": other, "createdAt": EARLY}]}, {"artifacts": [{"id": "QXJ0aWZhY3Q6MQ=="}]}):
        answer = run.server.request("POST", f"/api/import/{run.user.name}/q", json=what, key=run.user.key)
        assert answer.status_code == 404 and "there is no such" in answer.text


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
