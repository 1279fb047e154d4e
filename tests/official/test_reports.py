"""Reports and workspaces of the official package, round trip, and what the public API lists of them."""

from __future__ import annotations

import pytest

PROJECT = "reported"


def use_reports(client):
    return {**client.script("reports", project=PROJECT, entity=client.entity), "entity": client.entity}


@pytest.fixture
def used(lab) -> dict:
    return lab.newest(use_reports)


def test_report__comes_back_as_it_was_saved(used):
    title, description, blocks = used["read_back"]
    assert (title, description) == ("First look", "what was seen")
    assert blocks == ["H1", "P", "PanelGrid", "CodeBlock"]
    assert used["texts"] == ["Runs", "All of them, ", "https://example.com/", "print('é\\u2603')"]
    assert used["grid"] == ["set one", ["LinePlot", "ScalarChart"], "the loss", "loss"]


def test_report__keeps_its_id_when_it_is_edited(used):
    assert used["edited"] == [used["id"], "Second look"]


def test_reports__are_listed_newest_first_without_drafts(used):
    copy, edited = used["copied"], used["id"]
    assert used["listed"] == [
        ["Second look", copy, used["entity"], "what was seen"],
        ["Second look", edited, used["entity"], "what was seen"],
    ]
    assert used["pages"] == [copy, edited]
    assert used["by_name"] == [copy, edited]


def test_beta_report__has_its_spec_and_address(used):
    kind, url = used["beta"]
    assert kind == "dict" and f"/{used['entity']}/{PROJECT}/reports/" in url


def test_report__is_deleted(used):
    assert used["deleted"] == [True, [used["id"]]]
    assert used["missing"]["error"]


def test_share_link__shows_the_report_to_a_stranger(used, lab):
    assert used["share_url_before"] is None
    assert used["shared"] == used["shared_again"] == used["share_url"] and "?accessToken=" in used["share_url"]
    page = lab.server.request("GET", used["share_url"], key=None, allow_redirects=False)
    shown = lab.server.request("GET", f"/api{page.headers['Location']}", key=None).json()
    assert shown["report"]["displayName"] == "Second look" and shown["report"]["id"] == used["id"]
    assert [each["name"] for each in shown["projects"]] == [PROJECT, "beside"], "the second time the link was widened"


def test_share_link__is_revoked(used):
    assert used["unshared"] == [True, None, False]


def test_workspace__comes_back_and_is_changed_in_place(used):
    assert used["workspace_back"] == ["Mine", ["Charts"], 1]
    assert used["workspace_saved"] == [used["workspace"], "Mine too"]
    assert used["workspace_new"] != used["workspace"]
    assert "not found" in used["workspace_missing"]["message"]


def test_custom_chart__is_kept_under_its_name(used, lab):
    assert used["chart"] == f"{used['entity']}/bars"
    query = "query($id: ID!) { customChart(id: $id) { name displayName type access spec } }"
    key = lab.client("0.31.0").env["WANDB_API_KEY"]
    chart = lab.server.graphql(query, {"id": used["chart"]}, key=key)["customChart"]
    assert chart == {"name": "bars", "displayName": "Bars", "type": "vega2", "access": "PRIVATE", "spec": '{"mark": "bar"}'}
    assert "name" in used["chart_bad"]["message"]
