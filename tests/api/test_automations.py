"""Automations: what sets them off, what arrives at a real webhook, signed, tried again, and what may not be reached."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from tests.api.test_artifact_addresses import log
from tests.conftest import User
from tests.support.protocol import RunUnderTest
from tests.support.receiver import Webhook, wait_until
from tests.support.server import GraphQLError

INTEGRATION = """mutation($input: CreateGenericWebhookIntegrationInput!) { createGenericWebhookIntegration(input: $input) {
    integration { __typename ... on GenericWebhookIntegration { id name urlEndpoint signingSecret } } } }"""
CREATE = """mutation($input: CreateFilterTriggerInput!) { createFilterTrigger(input: $input) { trigger { id name enabled
    scope { __typename ... on Project { name } } triggeringCondition { ... on FilterEventTriggeringCondition { eventType filter } } } } }"""
LOG = """query($e: String!, $p: String!) { project(name: $p, entityName: $e) { deliveries { edges { node {
    kind subject state attempts statusCode error target } } } } }"""
RUN_FILTER = '{"$and": []}'


@pytest.fixture(scope="module")
def lab(binary, tmp_path_factory):
    from tests.support.server import Server

    server = Server(binary, tmp_path_factory.mktemp("automations") / "data", ("--webhook-networks", "127.0.0.0/8")).start()
    yield server
    server.stop()


_count = iter(range(1, 1000))


class Bench:
    """A user with a project, a webhook that listens, and the words to make automations."""

    def __init__(self, server, hook):
        self.server, self.hook = server, hook
        self.user = User(server, f"auto{next(_count)}")
        self.run = RunUnderTest(self.user, "p", "r0")
        self.project_id = self.user.graphql('query($e: String) { project(name: "p", entityName: $e) { id } }', {"e": self.user.name})["project"]["id"]
        self.integration = self.make_integration("hook", hook.url)

    def make_integration(self, name, url):
        given = {"entityName": self.user.name, "name": name, "urlEndpoint": url}
        return self.user.graphql(INTEGRATION, {"input": given})["createGenericWebhookIntegration"]["integration"]

    def automate(self, event, event_filter, name="a", payload=None, **values):
        config = {"genericWebhookActionInput": {"integrationID": self.integration["id"], "requestPayload": payload}}
        given = {"name": name, "enabled": True, "eventFilter": json.dumps(event_filter), "scopeID": self.project_id, "scopeType": "PROJECT",
                 "triggeredActionConfig": config, "triggeredActionType": "GENERIC_WEBHOOK", "triggeringEventType": event, **values}  # fmt: skip
        return self.user.graphql(CREATE, {"input": given})["createFilterTrigger"]["trigger"]

    def on_state(self, *states, run_filter=RUN_FILTER, **values):
        return self.automate("RUN_STATE", {"run_filter": run_filter, "run_state_filter": {"states": list(states)}}, **values)

    def on_metric(self, event="RUN_METRIC", run_filter=RUN_FILTER, name="a", **condition):
        return self.automate(event, {"run_filter": run_filter, "run_metric_filter": condition}, name=name)

    def finish(self, run, code=0):
        run.post({"files": {}, "complete": True, "exitcode": code})

    def log(self):
        edges = self.user.graphql(LOG, {"e": self.user.name, "p": "p"})["project"]["deliveries"]["edges"]
        return [edge["node"] for edge in edges]

    def bodies(self, count):
        return [json.loads(body) for _, _, body in self.hook.wait_for(count)]


@pytest.fixture
def hook():
    hook = Webhook()
    yield hook
    hook.close()


@pytest.fixture
def bench(lab, hook):
    return Bench(lab, hook)


def refusal(function, *arguments, **values) -> GraphQLError:
    with pytest.raises(GraphQLError) as caught:
        function(*arguments, **values)
    return caught.value


# --- runs -----------------------------------------------------------------------------------------


def test_state__fires_once_when_it_is_reached(bench):
    bench.on_state("FINISHED", "FAILED")
    bench.finish(bench.run)
    body = bench.bodies(1)[0]
    assert (body["event_type"], body["run_id"], body["run_state"]) == ("RUN_STATE", "r0", "finished")
    assert (body["project_name"], body["entity_name"], body["event_author"]) == ("p", bench.user.name, bench.user.name)
    other = RunUnderTest(bench.user, "p", "r1")
    bench.finish(other, 1)
    assert [each["run_id"] for each in bench.bodies(2)] == ["r0", "r1"]
    wait_until(lambda: [each["state"] for each in bench.log()] == ["SENT", "SENT"])
    assert {each["attempts"] for each in bench.log()} == {1}


def test_state__looks_at_new_runs_and_at_the_filter(bench):
    bench.on_state("RUNNING", run_filter='{"$and": [{"config.kind": "good"}]}')
    RunUnderTest(bench.user, "p", "bad", {"kind": {"value": "bad"}})
    RunUnderTest(bench.user, "p", "good", {"kind": {"value": "good"}})
    assert bench.bodies(1)[0]["run_id"] == "good"
    assert [each["subject"] for each in bench.log()] == ["RUN_STATE: good"]


def test_threshold__fires_when_it_is_crossed_and_again_after_it_was_not(bench):
    condition = {"threshold_filter": {"name": "loss", "agg_op": "AVERAGE", "window_size": 2, "cmp_op": "$lt", "threshold": 1}}
    bench.on_metric(**condition)

    def log_row(step, loss):
        bench.run.send_rows(step, [{"_step": step, "loss": loss}])
        bench.run.send("wandb-summary.json", 0, [json.dumps({"loss": loss, "_step": step})])

    log_row(0, 5.0)
    log_row(1, 0.5)
    log_row(2, 0.5)
    bench.bodies(1)
    log_row(3, 0.4)
    log_row(4, 9.0)
    wait_until(lambda: seen(bench) == 0)
    log_row(5, 0.1)
    log_row(6, 0.1)
    assert len(bench.bodies(2)) == 2


def seen(bench):
    with bench.server.database() as database:
        rows = database.execute("select is_met from automation_runs join automations on automations.id = automation_id"
                                f" join entities on entities.id = entity_id where entities.name = '{bench.user.name}'").fetchall()  # fmt: skip
    return rows[0][0] if rows else None


def test_version__that_was_there_before_is_no_news_to_an_automation(bench):
    """Events are looked at once a second: one that waits is not for an automation that is made meanwhile."""
    wanted = {"event": "CREATE_ARTIFACT", "event_filter": json.loads(RUN_FILTER)}
    bench.automate(**wanted, name="early", payload='{"early": "${artifact_version}"}')
    log(bench.user, "p", "c", b"one")
    bench.automate(**wanted, name="late", payload='{"late": "${artifact_version}"}')
    log(bench.user, "p", "c", b"two")
    bodies = bench.bodies(3)
    assert sorted(map(json.dumps, bodies)) == ['{"early": "c:v0"}', '{"early": "c:v1"}', '{"late": "c:v1"}']


def test_change__is_read_beside_filters_that_are_null(bench):
    """As clients before 0.22 send it."""
    change = {"name": "acc", "change_type": "RELATIVE", "change_dir": "ANY", "change_amount": 0.5, "current_window_size": 1}
    made = bench.on_metric("RUN_METRIC_CHANGE", threshold_filter=None, change_filter=change)
    assert made["triggeringCondition"]["eventType"] == "RUN_METRIC_CHANGE"


def test_change__is_measured_between_two_windows(bench):
    change = {"change_type": "RELATIVE", "change_dir": "DECREASE", "change_amount": 0.5, "current_window_size": 1, "prior_window_size": 2}
    bench.on_metric("RUN_METRIC_CHANGE", change_filter={"name": "acc", "agg_op": "AVERAGE", **change})
    for step, acc in enumerate([0.8, 0.8, 0.79, 0.3]):
        bench.run.send_rows(step, [{"_step": step, "acc": acc}])
    bench.run.send("wandb-summary.json", 0, ['{"acc":0.3}'])
    assert bench.bodies(1)[0]["event_type"] == "RUN_METRIC_CHANGE"


# --- what arrives ---------------------------------------------------------------------------------


def test_payload__has_its_words_filled_in_but_no_structure(bench):
    payload = json.dumps({"text": "run ${run_id} is ${run_state}", "list": ["${project_name}", 1, None], "left": "${unknown}"})
    bench.on_state("FAILED", payload=payload)
    bench.finish(bench.run, 3)
    assert bench.bodies(1)[0] == {"text": "run r0 is failed", "list": ["p", 1, None], "left": "${unknown}"}


def test_request__is_signed(bench):
    bench.on_state("FINISHED")
    bench.finish(bench.run)
    path, headers, body = bench.hook.wait_for(1)[0]
    secret = bench.integration["signingSecret"].encode()
    stamp, signature = (part.split("=", 1)[1] for part in headers["X-Barograph-Signature"].split(","))
    assert hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest() == signature
    assert hmac.new(secret, body, hashlib.sha256).hexdigest() == headers["X-Wandb-Signature"]
    assert path == "/hook" and headers["Content-Type"] == "application/json"


def test_failure__is_tried_again_and_the_log_says_so(lab):
    hook = Webhook(503, 500, 200)
    bench = Bench(lab, hook)
    bench.on_state("FINISHED")
    bench.finish(bench.run)
    hook.wait_for(2)
    assert bench.log()[0]["state"] == "QUEUED" and "status 50" in bench.log()[0]["error"]
    hook.wait_for(3)
    wait_until(lambda: bench.log()[0]["state"] == "SENT")
    assert (bench.log()[0]["attempts"], bench.log()[0]["statusCode"]) == (3, 200)
    assert len({body for _, _, body in hook.requests}) == 1
    hook.close()


@pytest.mark.parametrize(("status", "words"), [(404, "status 404"), (302, "redirect")])
def test_refusal__is_final_and_redirects_are_not_followed(lab, status, words):
    trap = Webhook()
    hook = Webhook(status, headers={"Location": trap.url})
    bench = Bench(lab, hook)
    bench.on_state("FINISHED")
    bench.finish(bench.run)
    wait_until(lambda: bench.log() and bench.log()[0]["state"] == "FAILED")
    assert words in bench.log()[0]["error"] and len(hook.requests) == 1 and trap.requests == []
    hook.close()
    trap.close()


def test_queue__survives_the_server(lab):
    hook = Webhook(503, 200)
    bench = Bench(lab, hook)
    bench.on_state("FINISHED")
    bench.finish(bench.run)
    hook.wait_for(1)
    lab.kill()
    lab.start()
    hook.wait_for(2)
    wait_until(lambda: bench.log()[0]["state"] == "SENT")
    hook.close()


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "169.254.169.254", "10.0.0.1", "[::ffff:127.0.0.1]", "[fe80::1]"])
def test_private_addresses__are_not_reached_unless_allowed(server, address):
    hook = Webhook()
    bench = Bench(server, hook)
    port = hook.url.rsplit(":", 1)[1]
    bench.integration = bench.make_integration("private", f"http://{address}:{port}")
    bench.on_state("FINISHED")
    bench.finish(bench.run)
    wait_until(lambda: bench.log() and bench.log()[0]["state"] == "FAILED")
    assert "private network" in bench.log()[0]["error"] and hook.requests == []
    hook.close()


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"event_filter": "nonsense"}, "run_state_filter"),
        ({"event_filter": {"run_state_filter": {"states": []}}}, "states"),
        ({"event_filter": {"run_state_filter": {"states": ["DANCING"]}}}, "RUNNING, FINISHED or FAILED"),
        ({"event_filter": {"run_filter": '{"state": {"$near": 1}}', "run_state_filter": {"states": ["FAILED"]}}}, "$near"),
        ({"event": "RUN_METRIC", "event_filter": {"run_metric_filter": {"threshold_filter": {"name": "x", "cmp_op": "="}}}}, "cmp_op"),
        ({"event": "RUN_METRIC", "event_filter": {"run_metric_filter": {"threshold_filter": {"name": "x", "cmp_op": "$gt", "threshold": 1, "window_size": 0}}}}, "window_size"),
        ({"payload": "{"}, "payload"),
        ({"name": ""}, "1 to 255 bytes"),
        ({"scopeID": "UHJvamVjdDp2MTphYnNlbnQ6YWJzZW50"}, "scope was not found"),
        ({"triggeredActionType": "QUEUE_JOB"}, "not offered"),
        ({"triggeredActionConfig": {"genericWebhookActionInput": {"integrationID": "x"}}}, "no such integration"),
    ],
)  # fmt: skip
def test_bad_automation__is_refused_in_words(bench, values, words):
    values = dict(values)
    event, event_filter = values.pop("event", "RUN_STATE"), values.pop("event_filter", {"run_state_filter": {"states": ["FAILED"]}})
    assert words in str(refusal(bench.automate, event, event_filter, **values))


def test_second_automation_of_a_name__is_a_conflict_that_the_status_says_too(bench):
    bench.on_state("FAILED")
    error = refusal(bench.on_state, "FAILED")
    assert (error.status, error.code) == (409, "CONFLICT")


@pytest.mark.parametrize("url", ["ftp://example.com/", "http://user:pass@example.com/", "http:///x", "file:///etc/passwd", "x" * 3000])
def test_bad_address__is_refused(bench, url):
    assert refusal(bench.make_integration, "bad", url).code == "BAD_USER_INPUT"


def test_stranger__sees_and_changes_nothing(bench, lab):
    stranger = User(lab, f"stranger{next(_count)}")
    trigger = bench.on_state("FAILED")
    delete = "mutation($id: ID!) { deleteTrigger(input: {triggerID: $id}) { success } }"
    assert "no such automation" in str(refusal(stranger.graphql, delete, {"id": trigger["id"]}))
    drop = "mutation($id: ID!) { deleteIntegration(input: {id: $id}) { success } }"
    assert "no such integration" in str(refusal(stranger.graphql, drop, {"id": bench.integration["id"]}))
    assert bench.user.graphql(delete, {"id": trigger["id"]})["deleteTrigger"]["success"] is True
