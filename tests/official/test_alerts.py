"""run.alert of every age of the official client."""

from __future__ import annotations

ALERTS = 'query($e: String) { project(name: "alerted", entityName: $e) { run(name: "r1") { alerts { title text severity } } } }'


def raise_alerts(client):
    client.script("alerts", project="alerted")
    answer = client.server.graphql(ALERTS, {"e": client.entity}, key=client.env["WANDB_API_KEY"])
    return [list(each.values()) for each in answer["project"]["run"]["alerts"]]


def test_alerts__arrive_with_their_levels_and_not_too_often(lab, age):
    assert lab.outcome(age, raise_alerts) == [
        ["Often", "too often", "INFO"],
        ["Heavy", "look", "ERROR"],
        ["Plain", "nothing more", "INFO"],
    ]
