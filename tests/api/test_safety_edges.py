"""What is seen through another object, kept for one person, or counted before it is taken: safety rules 3, 4, 7, 28 and 30."""

from __future__ import annotations

import json
import time

import pytest
import requests

from tests.api.test_artifact_parts import Draft
from tests.api.test_automations import CREATE, INTEGRATION, RUN_FILTER
from tests.api.test_memory import peak_bytes
from tests.api.test_registry import Organisation, change
from tests.api.test_views import DELETE, chart, refusal, save
from tests.conftest import User
from tests.support.artifact_draft import Draft as SafetyDraft
from tests.support.protocol import UPSERT, RunUnderTest
from tests.support.server import Server

SECRET_URL = "https://hooks.example.org/services/T0/B0/secret"
LENT = """query($e: String!) { project(name: "p", entityName: $e) {
    alertSetting { integration { ... on GenericWebhookIntegration { name urlEndpoint signingSecret } } }
    triggers { name triggeredAction { ... on GenericWebhookTriggeredAction { requestPayload
        integration { ... on GenericWebhookIntegration { name urlEndpoint signingSecret } } } } } } }"""
MEMBERS = "query($o: String!) { project(name: \"wandb-registry-r\", entityName: $o) { members { username email } } }"
TRASH = 'query($e: String!) { project(name: "p", entityName: $e) { trash { id kind name } } }'
RESTORE = "mutation($id: ID!) { restore(input: {id: $id}) { success } }"
PUBLIC = 'mutation($e: String) { upsertModel(input: {entityName: $e, name: "p", access: "USER_READ"}) { inserted } }'
ALERTS = """mutation($input: UpdateProjectAlertSettingInput!) { updateProjectAlertSetting(input: $input) {
    setting { leastSeverity } } }"""
SWEEP = """mutation($input: UpsertSweepInput!) { upsertSweep(input: $input) { sweep { id name } } }"""
ALERT = "mutation($input: NotifyScriptableRunAlertInput!) { notifyScriptableRunAlert(input: $input) { success } }"
ERRORS = 'query($e: String!) { project(name: "p", entityName: $e) { deliveries { edges { node { error } } } } }'
AGENT = """mutation($input: CreateAgentInput!) { createAgent(input: $input) { agent { id } } }"""
BEAT = """mutation($input: AgentHeartbeatInput!) { agentHeartbeat(input: $input) { commands } }"""
ENQUEUE = """mutation($input: EnqueueSweepRunInput!) { enqueueSweepRun(input: $input) { id } }"""


@pytest.fixture(scope="module")
def keeping(binary, tmp_path_factory):
    server = Server(binary, tmp_path_factory.mktemp("keeping") / "data", ("--trash-days", "7")).start()
    yield server
    server.stop()


@pytest.fixture
def team(keeping):
    admin, member, viewer, stranger = (User(keeping, f"edge{time.monotonic_ns()}") for _ in range(4))
    name = f"team-{admin.name}"
    assert keeping.run_cli("team", "add", name, "--admin", admin.name).returncode == 0
    assert keeping.run_cli("team", "member", name, member.name, "--role", "member").returncode == 0
    assert keeping.run_cli("team", "member", name, viewer.name, "--role", "viewer").returncode == 0
    admin.graphql(PUBLIC, {"e": name})
    return {"name": name, "admin": admin, "member": member, "viewer": viewer, "stranger": stranger}


# --- webhooks -------------------------------------------------------------------------------------


def test_webhook__is_named_to_readers_of_a_public_project_and_no_more(team):
    admin = team["admin"]
    given = {"entityName": team["name"], "name": "slack", "urlEndpoint": SECRET_URL}
    hook = admin.graphql(INTEGRATION, {"input": given})["createGenericWebhookIntegration"]["integration"]
    project = admin.graphql('query($e: String) { project(name: "p", entityName: $e) { id } }', {"e": team["name"]})["project"]
    config = {"genericWebhookActionInput": {"integrationID": hook["id"], "requestPayload": '{"token": "secret"}'}}
    admin.graphql(CREATE, {"input": {
        "name": "a", "enabled": True, "eventFilter": json.dumps({"run_filter": RUN_FILTER, "run_state_filter": {"states": ["FAILED"]}}),
        "scopeID": project["id"], "scopeType": "PROJECT", "triggeredActionConfig": config, "triggeredActionType": "GENERIC_WEBHOOK",
        "triggeringEventType": "RUN_STATE"}})  # fmt: skip
    admin.graphql(ALERTS, {"input": {"entityName": team["name"], "projectName": "p", "integrationID": hook["id"]}})
    without_secret = LENT.replace("signingSecret", "")
    seen = team["stranger"].graphql(without_secret, {"e": team["name"]})["project"]
    assert seen["alertSetting"]["integration"]["name"] == "slack"
    assert "secret" not in json.dumps(seen)
    members = json.dumps(team["viewer"].graphql(without_secret, {"e": team["name"]}))
    assert SECRET_URL in members and "token" in members
    # Who administers a project need not administer the entity whose webhook it is.
    assert hook["signingSecret"] and hook["signingSecret"] not in json.dumps(admin.graphql(LENT, {"e": team["name"]}))


def test_failure_of_a_mail__is_told_to_administrators(make_server):
    server = make_server("--smtp", "smtp://127.0.0.1:1", "--smtp-from", "b@example.org", "--public-url", "https://b.example.org")
    author, stranger = User(server, "alice", "--email", "alice@example.org"), User(server, "mallory")
    RunUnderTest(author, "p", "r")
    author.graphql(PUBLIC, {"e": "alice"})
    given = {"entityName": "alice", "projectName": "p", "runName": "r", "title": "t", "text": "x"}
    author.graphql(ALERT, {"input": given})

    def error(user):
        edges = user.graphql(ERRORS, {"e": "alice"})["project"]["deliveries"]["edges"]
        return edges[0]["node"]["error"] if edges else None

    limit = time.monotonic() + 30
    while not error(author):
        assert time.monotonic() < limit
        time.sleep(0.2)
    assert "127.0.0.1" in error(author)
    assert error(stranger) == "it did not arrive: administrators see why"


def test_payload__of_many_long_words_is_given_up_early(make_server):
    server = make_server()
    user = User(server, "alice")
    RunUnderTest(user, "p", "r")
    given = {"entityName": "alice", "name": "hook", "urlEndpoint": "https://hooks.example.org/"}
    hook = user.graphql(INTEGRATION, {"input": given})["createGenericWebhookIntegration"]["integration"]
    project = user.graphql('query($e: String) { project(name: "p", entityName: $e) { id } }', {"e": "alice"})["project"]
    config = {"genericWebhookActionInput": {"integrationID": hook["id"], "requestPayload": json.dumps(["${artifact_metadata.x}"] * 2000)}}
    user.graphql(CREATE, {"input": {
        "name": "a", "enabled": True, "eventFilter": "{}", "scopeID": project["id"], "scopeType": "PROJECT", "triggeredActionConfig": config,
        "triggeredActionType": "GENERIC_WEBHOOK", "triggeringEventType": "CREATE_ARTIFACT"}})  # fmt: skip
    draft = SafetyDraft(user, "p", metadata=json.dumps({"x": ["y" * 1000] * 900}))
    assert draft.put_manifest({}).ok
    before = peak_bytes(server)
    draft.commit()
    time.sleep(2)
    assert peak_bytes(server) - before < 200 << 20


# --- e-mail addresses -----------------------------------------------------------------------------


def test_addresses__of_a_registrys_members_are_for_its_administrators(server, make_user):
    addresses = (f"person{number}@example.org" for number in range(9))
    org = Organisation(server, lambda: make_user("--email", next(addresses)))
    project = org.upsert(org.maker)["project"]["id"]
    change(org.maker, "createProjectMembers", projectId=project, userIds=[org.ids[org.member.name]], teamIds=[])

    def shown(user):
        members = user.graphql(MEMBERS, {"o": org.name})["project"]["members"]
        return {member["username"] for member in members if member["email"]}

    everybody = {org.maker.name, org.member.name}
    assert shown(org.maker) == everybody
    assert shown(org.member) == {org.member.name}
    assert shown(org.teammate) == set()


# --- the trash ------------------------------------------------------------------------------------


def trash(user, entity):
    return [item["kind"] for item in user.graphql(TRASH, {"e": entity})["project"]["trash"]]


def test_trash__is_seen_by_those_who_may_bring_back(team):
    given = {"entity": team["name"], "project": "p", "name": "gone"}
    run = team["member"].graphql(UPSERT, given)["upsertBucket"]["bucket"]["id"]
    team["member"].graphql("mutation($id: ID!) { deleteRun(input: {id: $id}) { clientMutationId } }", {"id": run})
    assert trash(team["member"], team["name"]) == ["run"]
    assert trash(team["viewer"], team["name"]) == trash(team["stranger"], team["name"]) == []


def test_deleted_draft__is_its_authors(team):
    report = save(team["admin"], team["name"])["view"]
    draft = save(team["admin"], team["name"], name="d", displayName="Layoffs", type="runs/draft", parentId=report["id"])["view"]
    assert team["admin"].graphql(DELETE, {"input": {"id": draft["id"]}})["deleteView"]["success"]
    thrown = team["admin"].graphql(TRASH, {"e": team["name"]})["project"]["trash"]
    assert [item["name"] for item in thrown] == ["Layoffs"]
    assert trash(team["member"], team["name"]) == []
    assert "no such thing" in str(refusal(team["member"].graphql, RESTORE, {"id": thrown[0]["id"]}))
    assert team["admin"].graphql(RESTORE, {"id": thrown[0]["id"]})["restore"]["success"]


# --- work that others wait for --------------------------------------------------------------------


def make_sweep(user, **values):
    given = {"entityName": user.name, "projectName": "p", "config": "method: grid\ncontroller: {type: local}\nparameters: {x: {values: [1, 2]}}"}
    return user.graphql(SWEEP, {"input": {**given, **values}})["upsertSweep"]["sweep"]


def test_schedule__of_many_entries_does_not_hold_the_writer(user):
    RunUnderTest(user, "p", "r1")
    count = 40_000
    entries = [{"id": f"{i:x}", "data": {"args": {}}} for i in range(count)]
    done = [{"id": f"{i:x}"} for i in range(count)]
    sweep = make_sweep(user, controller=json.dumps({"schedule": entries}), scheduler=json.dumps({"scheduled": done}))
    given = {"host": "h", "entityName": user.name, "projectName": "p", "sweep": sweep["name"]}
    agent = user.graphql(AGENT, {"input": given})["createAgent"]["agent"]["id"]
    begun = time.monotonic()
    answer = user.graphql(BEAT, {"input": {"id": agent, "runState": "{}"}})["agentHeartbeat"]["commands"]
    assert answer == "[]"
    assert time.monotonic() - begun < 4


def test_queue_of_a_sweep__has_an_end(user):
    RunUnderTest(user, "p", "r1")
    sweep = make_sweep(user)
    for _ in range(10):
        fields = " ".join(f"m{i}: enqueueSweepRun(input: $input) {{ id }}" for i in range(100))
        user.graphql(f"mutation($input: EnqueueSweepRunInput!) {{ {fields} }}", {"input": {"id": sweep["id"], "config": '{"x": 1}'}})
    assert "wait for an agent" in str(refusal(user.graphql, ENQUEUE, {"input": {"id": sweep["id"], "config": '{"x": 1}'}}))


def test_charts_of_an_entity__are_counted(user):
    for start in range(0, 1000, 100):
        fields = " ".join(
            f'm{i}: createCustomChart(input: {{entity: "{user.name}", name: "c{i}", displayName: "c", type: "vega2", '
            f'access: "PRIVATE", spec: "{{}}"}}) {{ chart {{ id }} }}'
            for i in range(start, start + 100)
        )
        user.graphql(f"mutation {{ {fields} }}")
    assert "at most 1000" in str(refusal(chart, user, user.name))
    assert chart(user, user.name, name="c7", spec="[]")["spec"] == "[]"


def test_parts__count_for_the_quota_as_whole_files_do(make_server):
    server = make_server("--project-quota-mb", "1")
    run = RunUnderTest(User(server, "alice"), "p", "r1")
    draft = Draft(run.user)
    node = draft.announce()
    assert requests.put(run.upload_urls("big.bin")["big.bin"], data=bytes(1 << 20), timeout=30).ok
    limit = time.monotonic() + 30
    while run.post({"files": {}}).status_code != 429:
        assert time.monotonic() < limit
        time.sleep(0.2)
    draft.put(node["uploadMultipartUrls"]["uploadUrlParts"][0]["uploadUrl"], b"x", 429)


# --- exports --------------------------------------------------------------------------------------


def test_backup__leaves_a_row_in_the_audit(server):
    if server.has_postgres:
        pytest.skip("PostgreSQL is backed up with its own tools: such a server answers 501")
    assert server.request("GET", "/api/backup").status_code == 200
    with server.database() as database:
        rows = database.execute("select user_id, key_id from audit where action = 'server.backup'").fetchall()
    assert rows and rows[-1][0] and rows[-1][1]


def test_chart__that_everybody_may_see_leaves_a_row(server, user):
    chart(user, user.name, name="open", access="PUBLIC")
    with server.database() as database:
        assert database.execute("select 1 from audit where action = 'chart.save.public' and subject = 'open'").fetchall()
