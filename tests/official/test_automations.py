"""Automations with the official client's API: made, listed, changed, and set off by what the client does."""

from __future__ import annotations

import json

import pytest

from tests.support.receiver import Webhook, wait_until

MAKE = """mutation($input: CreateGenericWebhookIntegrationInput!) { createGenericWebhookIntegration(input: $input) {
    integration { __typename } } }"""


@pytest.fixture(scope="module")
def used(binary, tmp_path_factory):
    from tests.official.client import Client
    from tests.support.server import Server

    folder = tmp_path_factory.mktemp("automations")
    server = Server(binary, folder / "data", ("--webhook-networks", "127.0.0.1")).start()
    hook = Webhook()
    client = Client("0.31.0", server, "auto", server.add_user("auto"), folder / "home")
    given = {"entityName": "auto", "name": "the hook", "urlEndpoint": hook.url}
    server.graphql(MAKE, {"input": given}, key=client.env["WANDB_API_KEY"])
    result = client.script("automations", entity="auto", project="watched")
    result["url"] = hook.url
    wait_until(lambda: len(hook.requests) >= 7)
    result["sent"] = [json.loads(body) for _, _, body in hook.requests]
    yield result
    hook.close()
    server.stop()


def test_integrations__are_webhooks_only(used):
    assert used["hook"] == ["the hook", used["url"]]
    assert (used["slack"], used["integrations"]) == ([], ["the hook"])


def test_automations__come_back_as_they_were_made(used):
    assert used["saved"]["created"] == ["created", True, "_ArtifactSequenceScope", "CREATE_ARTIFACT", "SavedWebhookAction"]
    assert used["saved"]["zscore"][3] == "RUN_METRIC_ZSCORE" and used["saved"]["nothing"][4] == "SavedNoOpAction"
    assert used["saved"]["told"][4] == "SavedNotificationAction"
    assert used["listed"] == sorted(used["saved"]) and used["one"] == 2


def test_second_of_a_name__is_refused_or_fetched(used):
    assert "exists" in used["again"]["message"] and used["existing"] is True


def test_automation__is_changed_and_deleted(used):
    assert used["changed"] == [False, "kept", False]
    assert used["deleted"] == [True, []]
    assert "not found" in used["gone"]["message"]


def sent(used, event):
    return [each for each in used["sent"] if each.get("what") == event]


def test_artifacts__set_off_what_waits_for_them(used):
    assert len(sent(used, "CREATE_ARTIFACT")) == 2 and sent(used, "CREATE_ARTIFACT")[0]["who"] == "net${run_name}"
    assert [each["alias"] for each in sent(used, "ADD_ARTIFACT_ALIAS")] == ["prod"]
    assert [each["who"] for each in sent(used, "LINK_MODEL")] == ["shelf${run_name}"]


def test_runs__set_off_what_waits_for_them(used):
    assert [each["who"] for each in sent(used, "RUN_METRIC")] == ["${artifact_collection_name}the watched one"]
    assert [each["who"] for each in sent(used, "RUN_STATE")] == ["${artifact_collection_name}the watched one"]
    told = [each for each in used["sent"] if "title" in each]
    assert [(each["title"], each["message"], each["severity"]) for each in told] == [("Oh ignored", "it failed", "WARN")]
