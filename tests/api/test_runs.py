"""Runs and projects over GraphQL: made, changed, resumed, forked, rewound, stopped, moved, deleted."""

from __future__ import annotations

import base64
import json
import time

import pytest

from tests.support.protocol import RunUnderTest
from tests.support.server import GraphQLError

UPSERT = """mutation($input: UpsertBucketInput!) { upsertBucket(input: $input) { inserted bucket {
    id name displayName description notes state group jobType commit host program tags config summaryMetrics sweepName
    historyLineCount stopped exitcode project { name entityName access entity { name } } user { username } } } }"""

RESUME = """query RunResumeStatus($project: String, $entity: String, $name: String!) {
    model(name: $project, entityName: $entity) { id name entity { id name } bucket(name: $name, missingOk: true) {
        id name summaryMetrics displayName logLineCount historyLineCount eventsLineCount historyTail eventsTail
        config tags notes wandbConfig(keys: ["t"]) } } }"""

RUN = """query($project: String!, $name: String!) { project(name: $project) { run(name: $name) {
    id name state stopped shouldStop failed running exitcode tags notes config summaryMetrics createdAt heartbeatAt updatedAt
    readOnly projectId user { username } forkStep forkOf { name } historyLineCount historyKeys
    history(minStep: 0, maxStep: 1000) } } }"""


def upsert(user, **values) -> dict:
    return user.graphql(UPSERT, {"input": values})["upsertBucket"]


def read(user, project: str, name: str) -> dict | None:
    answer = user.graphql(RUN, {"project": project, "name": name})["project"]
    return answer["run"] if answer else None


def rows_of(run: dict) -> list[dict]:
    return [json.loads(row) for row in run["history"]]


def refusal(user, query: str, variables: dict | None = None) -> GraphQLError:
    with pytest.raises(GraphQLError) as caught:
        user.graphql(query, variables)
    return caught.value


# --- made and changed -----------------------------------------------------------------------------


def test_first_upsert__makes_project_and_run_with_defaults(user):
    answer = upsert(user, name="r1")
    run = answer["bucket"]
    assert answer["inserted"] is True
    assert run["project"] == {
        "name": "uncategorized",
        "entityName": user.name,
        "access": "PRIVATE",
        "entity": {"name": user.name},
    }
    assert run["state"] == "running"
    assert run["displayName"].endswith("-1")
    assert run["user"] == {"username": user.name}
    assert run["historyLineCount"] == 0
    assert base64.b64decode(run["id"]).decode() == f"Run:v1:r1:uncategorized:{user.name}"


def test_null__leaves_and_empty_sets(user):
    everything = {
        "displayName": "shown", "description": "d", "notes": "n", "groupName": "g", "jobType": "j", "commit": "c",
        "host": "h", "jobProgram": "p.py", "tags": ["a", "b"], "config": '{"lr":{"value":0.1}}', "summaryMetrics": '{"x":1}',
    }  # fmt: skip
    before = upsert(user, name="r", modelName="p", **everything)["bucket"]
    after = upsert(user, name="r", modelName="p", **dict.fromkeys(everything))["bucket"]
    assert after == before
    assert (before["displayName"], before["group"], before["program"]) == ("shown", "g", "p.py")
    emptied = upsert(user, name="r", modelName="p", notes="", tags=[], description="")["bucket"]
    assert (emptied["notes"], emptied["tags"], emptied["description"]) == ("", [], "")
    assert emptied["config"] == everything["config"]


def test_config__comes_back_as_it_was_given(user):
    config = '{ "a" : {"value": 1.0e0 }, "ü\\u00e9": {"value": [1,  2], "desc": null}, "big": {"value": 12345678901234567890} }'
    upsert(user, name="r", modelName="p", config=config)
    assert read(user, "p", "r")["config"] == config


def test_upsert_by_id__edits_without_starting_the_run(user):
    run = RunUnderTest(user, "p", "r")
    run.post({"complete": True, "exitcode": 0})
    assert read(user, "p", "r")["state"] == "finished"
    edited = upsert(user, id=run.id, notes="later", config='{"a":{"value":1}}')["bucket"]
    assert (edited["state"], edited["notes"]) == ("finished", "later")
    assert upsert(user, name="r", modelName="p")["bucket"]["state"] == "running"


@pytest.mark.parametrize(
    "values",
    [
        {"name": "a/b"}, {"name": "x" * 129}, {"name": "a", "modelName": "p:q"}, {"name": "a", "config": "[]"},
        {"name": "a", "config": "{"}, {"name": "a", "state": "dancing"}, {"name": "a", "tags": [""]},
        {"name": "a", "summaryMetrics": "1"}, {"name": "a\n"}, {"name": "a", "tags": ["x"] * 2000},
    ],
    ids=lambda values: str(values)[:40],
)  # fmt: skip
def test_bad_values__are_refused_and_change_nothing(user, values):
    error = refusal(user, UPSERT, {"input": {"modelName": "p", **values}})
    assert error.code == "BAD_USER_INPUT"
    answer = user.graphql('{ project(name: "p") { runCount } }')["project"]
    assert answer is None or answer["runCount"] == 0


def test_create_run__of_the_public_api_may_be_pending(user):
    assert upsert(user, name="q", modelName="p", state="pending")["bucket"]["state"] == "pending"
    assert upsert(user, name="q", modelName="p")["bucket"]["state"] == "running"


# --- whose it is ----------------------------------------------------------------------------------


def test_entity_that_is_misspelt_or_anothers__is_named(make_user):
    owner, other = make_user(), make_user()
    for entity in (owner.name, "nobody-of-this-name"):
        told = refusal(other, f'mutation {{ upsertBucket(input: {{entityName: "{entity}", modelName: "p", name: "r"}}) {{ inserted }} }}')
        assert (told.code, str(told)) == ("NOT_FOUND", f"200: entity '{entity}' not found: there is nowhere to make the project 'p'")


def test_other_peoples_runs__look_like_none(make_user):
    owner, other = make_user(), make_user()
    run = RunUnderTest(owner, "p", "r")
    query = f'{{ project(name: "p", entityName: "{owner.name}") {{ id }} }}'
    assert other.graphql(query)["project"] is None
    for mutation in (
        f'mutation {{ upsertBucket(input: {{id: "{run.id}", notes: "mine"}}) {{ inserted }} }}',
        f'mutation {{ deleteRun(input: {{id: "{run.id}"}}) {{ clientMutationId }} }}',
        f'mutation {{ stopRun(input: {{id: "{run.id}"}}) {{ success }} }}',
        f'mutation {{ updateRunState(input: {{id: "{run.id}", state: "killed"}}) {{ success }} }}',
        f'mutation {{ moveRuns(input: {{ids: ["{run.id}"], destinationProjectName: "mine"}}) {{ movedCount }} }}',
    ):
        there = refusal(other, mutation)
        missing = refusal(other, mutation.replace(run.id, base64.b64encode(b"Run:v1:no:no:no").decode()))
        assert (there.code, str(there)) == (missing.code, str(missing)), mutation
    assert read(owner, "p", "r")["notes"] is None


def test_id_with_another_name__is_refused(user):
    mine, victim = RunUnderTest(user, "p", "mine"), RunUnderTest(user, "p", "victim")
    error = refusal(user, UPSERT, {"input": {"id": mine.id, "name": "victim", "modelName": "p", "notes": "x"}})
    assert error.code == "BAD_USER_INPUT"
    assert read(user, "p", "victim")["notes"] is None
    assert victim.id != mine.id


def test_id_of_another__is_not_authorised_by_a_name_of_ones_own(make_user):
    owner, other = make_user(), make_user()
    run = RunUnderTest(owner, "p", "r")
    upsert(other, id=run.id, name="r", modelName="p", notes="taken")
    assert read(owner, "p", "r")["notes"] is None
    assert read(other, "p", "r")["notes"] == "taken"


def test_public_project__is_read_by_all_and_changed_by_none(make_user):
    owner, other = make_user(), make_user()
    run = RunUnderTest(owner, "open", "r")
    owner.graphql(
        'mutation($e: String) { upsertModel(input: {entityName: $e, name: "open", access: "USER_READ"}) { inserted } }',
        {"e": owner.name},
    )
    query = 'query($e: String) { project(name: "open", entityName: $e) { readOnly run(name: "r") { name readOnly } } }'
    seen = other.graphql(query, {"e": owner.name})["project"]
    assert seen == {"readOnly": True, "run": {"name": "r", "readOnly": True}}
    assert refusal(other, f'mutation {{ stopRun(input: {{id: "{run.id}"}}) {{ success }} }}').code == "FORBIDDEN"


# --- resume, fork, rewind -------------------------------------------------------------------------


def test_resume_status__has_what_the_client_needs(user):
    config = {"_wandb": {"value": {"t": {"4": "3.11"}, "m": []}}, "lr": {"value": 1}}
    run = RunUnderTest(user, "p", "r", config)
    run.send("wandb-history.jsonl", 0, ['{"_step":0,"a":1}', '{"_step":1,"a":NaN,"_runtime":2.5}'])
    run.send("wandb-events.jsonl", 0, ['{"_runtime":1.5,"system.cpu":3}'])
    variables = {"project": "p", "entity": user.name, "name": "r"}
    bucket = user.graphql(RESUME, variables)["model"]["bucket"]
    assert (bucket["historyLineCount"], bucket["eventsLineCount"], bucket["logLineCount"]) == (2, 1, 0)
    assert json.loads(bucket["wandbConfig"]) == {"t": {"4": "3.11"}}
    last = json.loads(json.loads(bucket["historyTail"])[-1])
    assert last["_step"] == 1 and isinstance(last["_step"], int) and last["_runtime"] == 2.5 and last["a"] != last["a"]
    assert json.loads(json.loads(bucket["eventsTail"])[-1])["_runtime"] == 1.5
    assert user.graphql(RESUME, {**variables, "name": "none"})["model"]["bucket"] is None
    assert user.graphql(RESUME, {**variables, "project": "none"})["model"] is None


def test_resume_status__of_a_run_without_rows_is_not_null(user):
    RunUnderTest(user, "p", "r")
    bucket = user.graphql(RESUME, {"project": "p", "entity": user.name, "name": "r"})["model"]["bucket"]
    assert (bucket["historyTail"], bucket["eventsTail"]) == ('["{}"]', "[]")
    assert bucket["summaryMetrics"] == "{}"


def branch(parent: str, step: int) -> str:
    return json.dumps({"_wandb": {"value": {"branch_point": {"run_id": parent, "step": step}}}})


def test_fork__begins_with_the_parents_rows_once(user):
    RunUnderTest(user, "p", "parent").send_rows(0, [{"_step": n, "a": n} for n in range(5)])
    answer = upsert(user, name="child", modelName="p", config=branch("parent", 2))
    assert answer["bucket"]["historyLineCount"] == 3
    upsert(user, name="child", modelName="p", config=branch("parent", 2))
    child = read(user, "p", "child")
    assert [row["a"] for row in rows_of(child)] == [0, 1, 2]
    assert (child["forkOf"], child["forkStep"]) == ({"name": "parent"}, 2)
    assert len(rows_of(read(user, "p", "parent"))) == 5


def test_fork__of_what_is_not_there_is_refused_and_makes_no_run(make_user):
    owner, other = make_user(), make_user()
    RunUnderTest(owner, "p", "secret").send_rows(0, [{"_step": 0, "a": 1}])
    error = refusal(other, UPSERT, {"input": {"name": "thief", "modelName": "p", "config": branch("secret", 5)}})
    assert "cannot fork" in str(error)
    assert other.graphql('{ project(name: "p") { run(name: "thief") { id } } }')["project"] in (None, {"run": None})


def test_rewind__hides_later_steps(user):
    run = RunUnderTest(user, "p", "r")
    run.send_rows(0, [{"_step": n, "a": n} for n in range(10)])
    mutation = """mutation($e: String, $v: Float!) { rewindRun(input: {runName: "r", entityName: $e, projectName: "p",
        metricName: "_step", metricValue: $v}) { rewoundRun { id name historyLineCount project { name } } } }"""
    rewound = user.graphql(mutation, {"e": user.name, "v": 4})["rewindRun"]["rewoundRun"]
    assert (rewound["id"], rewound["historyLineCount"]) == (run.id, 5)
    assert [row["a"] for row in rows_of(read(user, "p", "r"))] == [0, 1, 2, 3, 4]
    assert refusal(user, mutation.replace('"_step"', '"loss"'), {"e": user.name, "v": 4}).code == "BAD_USER_INPUT"
    assert refusal(user, mutation, {"e": user.name, "v": 1.5}).code == "BAD_USER_INPUT"


# --- states ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("requests", "state"),
    [
        ([{"complete": True, "exitcode": 0}], "finished"),
        ([{"complete": True, "exitcode": 1}], "failed"),
        ([{"preempting": True}], "preempting"),
        ([{"preempting": True}, {"complete": True, "exitcode": 1}], "preempted"),
        ([{"complete": False}], "running"),
        ([{"complete": True, "exitcode": 0}, {}], "finished"),
    ],
)
def test_stream__decides_the_state(user, requests, state):
    run = RunUnderTest(user, "p", "r")
    for request in requests:
        assert run.post(request).status_code == 200
    assert read(user, "p", "r")["state"] == state


def test_stop__reaches_the_client_and_ends_as_killed(user):
    run = RunUnderTest(user, "p", "r")
    assert "stopped" not in run.post({}).json() or run.post({}).json()["stopped"] is False
    assert user.graphql(f'mutation {{ stopRun(input: {{id: "{run.id}"}}) {{ success }} }}')["stopRun"]["success"]
    assert run.post({}).json()["stopped"] is True
    seen = read(user, "p", "r")
    assert seen["stopped"] and seen["shouldStop"] and seen["running"]
    run.post({"complete": True, "exitcode": 255})
    assert read(user, "p", "r")["state"] == "killed"
    assert upsert(user, name="r", modelName="p")["bucket"]["stopped"] is False


def test_update_run_state__sets_any_state_it_knows(user):
    run = RunUnderTest(user, "p", "r")
    mutation = "mutation($i: UpdateRunStateInput!) { updateRunState(input: $i) { success } }"
    assert user.graphql(mutation, {"i": {"id": run.id, "state": "crashed"}})["updateRunState"]["success"]
    assert read(user, "p", "r")["state"] == "crashed"
    assert refusal(user, mutation, {"i": {"id": run.id, "state": "sleeping"}}).code == "BAD_USER_INPUT"


def test_silence__crashes_a_run_until_it_sends_again(make_server):
    from tests.conftest import User

    user = User(make_server("--crash-after-s", "1"), "someone")
    run = RunUnderTest(user, "p", "r")
    limit = time.monotonic() + 20
    while read(user, "p", "r")["state"] != "crashed":
        assert time.monotonic() < limit, "still running"
        time.sleep(0.1)
    run.send_rows(0, [{"_step": 0}])
    assert read(user, "p", "r")["state"] == "running"


# --- moving and deleting --------------------------------------------------------------------------


def test_delete__takes_all_along_and_tells_late_arrivals(user):
    run = RunUnderTest(user, "p", "r", {"secret": {"value": 1}})
    run.send_rows(0, [{"_step": 0, "a": 1}])
    user.graphql(f'mutation {{ deleteRun(input: {{id: "{run.id}"}}) {{ clientMutationId }} }}')
    assert read(user, "p", "r") is None
    assert run.post({}).status_code in (404, 410)
    again = upsert(user, name="r", modelName="p")
    assert again["inserted"] is True
    assert (again["bucket"]["historyLineCount"], again["bucket"]["config"]) == (0, "{}")
    assert rows_of(read(user, "p", "r")) == []


def test_delete_runs__is_all_or_nothing(user):
    runs = [RunUnderTest(user, "p", f"r{n}") for n in range(3)]
    mutation = "mutation($i: DeleteRunsInput!) { deleteRuns(input: $i) { deletedCount } }"
    missing = base64.b64encode(f"Run:v1:no:p:{user.name}".encode()).decode()
    refusal(user, mutation, {"i": {"ids": [runs[0].id, missing]}})
    assert read(user, "p", "r0") is not None
    assert user.graphql(mutation, {"i": {"ids": [runs[0].id, runs[1].id]}})["deleteRuns"]["deletedCount"] == 2
    assert user.graphql('{ project(name: "p") { runCount } }')["project"]["runCount"] == 1


def test_move__keeps_content_and_hears_the_old_address(user):
    run = RunUnderTest(user, "old", "r", {"a": {"value": 1}})
    run.send_rows(0, [{"_step": 0, "a": 1}])
    mutation = "mutation($i: MoveRunsInput!) { moveRuns(input: $i) { movedCount } }"
    moved = user.graphql(mutation, {"i": {"ids": [run.id], "destinationProjectName": "new"}})
    assert moved["moveRuns"]["movedCount"] == 1
    assert read(user, "old", "r") is None
    run.send_rows(1, [{"_step": 1, "a": 2}])
    there = read(user, "new", "r")
    assert [row["a"] for row in rows_of(there)] == [1, 2]
    assert json.loads(there["config"]) == {"a": {"value": 1}}


def test_move_by_filters__moves_what_they_hold_for(user):
    for n in range(4):
        RunUnderTest(user, "old", f"r{n}", {"n": {"value": n}})
    mutation = "mutation($i: MoveRunsInput!) { moveRuns(input: $i) { movedCount } }"
    values = {"sourceProjectName": "old", "filters": '{"config.n": {"$gte": 2}}', "destinationProjectName": "new"}
    assert user.graphql(mutation, {"i": values})["moveRuns"]["movedCount"] == 2
    assert user.graphql('{ project(name: "old") { runCount } }')["project"]["runCount"] == 2


def test_delete_project__takes_its_runs_along(user):
    run = RunUnderTest(user, "gone", "r")
    project_id = user.graphql('{ project(name: "gone") { id } }')["project"]["id"]
    user.graphql(f'mutation {{ deleteModel(input: {{id: "{project_id}"}}) {{ success }} }}')
    assert user.graphql('{ project(name: "gone") { id } }')["project"] is None
    assert run.post({}).status_code in (404, 410)
    assert "gone" not in [edge["node"]["name"] for edge in user.graphql("{ models { edges { node { name } } } }")["models"]["edges"]]
    assert upsert(user, name="r", modelName="gone")["inserted"] is True


# --- projects -------------------------------------------------------------------------------------


def test_upsert_model__makes_then_changes(user):
    mutation = """mutation CreateProject($input: UpsertModelInput!) { result: upsertModel(input: $input) { inserted
        project { id name entityName description access views } model { name } } }"""
    made = user.graphql(mutation, {"input": {"entityName": user.name, "name": "np", "description": "one"}})["result"]
    assert made["inserted"] is True and made["model"] == {"name": "np"}
    assert made["project"]["access"] == "PRIVATE"
    again = user.graphql(mutation, {"input": {"entityName": user.name, "name": "np", "access": "USER_READ"}})["result"]
    assert again["inserted"] is False
    assert (again["project"]["description"], again["project"]["access"]) == ("one", "USER_READ")
    renamed = user.graphql(mutation, {"input": {"id": made["project"]["id"], "name": "other"}})["result"]
    assert renamed["project"]["name"] == "other"
    assert refusal(user, mutation, {"input": {"name": "np2", "access": "EVERYBODY"}}).code == "BAD_USER_INPUT"


def test_models__come_in_pages(user):
    for n in range(5):
        RunUnderTest(user, f"p{n}", "r")
    query = """query($after: String) { models(first: 2, after: $after) { pageInfo { __typename endCursor hasNextPage }
        edges { cursor node { __typename id name entityName createdAt isBenchmark user { username } } } } }"""
    names, after = [], None
    for _ in range(3):
        page = user.graphql(query, {"after": after})["models"]
        names += [edge["node"]["name"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        assert after == page["edges"][-1]["cursor"]
    assert names == ["p4", "p3", "p2", "p1", "p0"]
    assert page["pageInfo"]["hasNextPage"] is False


def test_alert__is_taken_with_the_official_clients_words(user):
    RunUnderTest(user, "p", "r")
    mutation = """mutation NotifyScriptableRunAlert($entityName: String!, $projectName: String!, $runName: String!, $title: String!,
        $text: String!, $severity: AlertSeverity = INFO, $waitDuration: Duration) { notifyScriptableRunAlert(input: {
        entityName: $entityName, projectName: $projectName, runName: $runName, title: $title, text: $text, severity: $severity,
        waitDuration: $waitDuration}) { success } }"""
    values = {"entityName": user.name, "projectName": "p", "runName": "r", "title": "t", "text": "x", "waitDuration": 10000}
    assert user.graphql(mutation, values)["notifyScriptableRunAlert"]["success"] is True
    assert user.graphql(mutation, {**values, "severity": "ERROR"})["notifyScriptableRunAlert"]["success"] is True
    refusal(user, mutation, {**values, "runName": "none"})


def test_sampled_history__has_no_rows_for_a_spec_without_keys(user):
    """An agent asks for the runs of its sweep with the spec {}, and as one text where a list is declared."""
    user.graphql(
        'mutation { upsertBucket(input: {name: "sampled", modelName: "p"}) { bucket { id } } }',
    )
    answer = user.graphql(
        'query($e: String!) { project(name: "p", entityName: $e) { run(name: "sampled") { sampledHistory(specs: "{}") } } }',
        {"e": user.name},
    )
    assert answer["project"]["run"]["sampledHistory"] == [[]]
