"""What xgboost, LightGBM, scikit-learn and Optuna log through the official client's integrations with them."""

from __future__ import annotations

import json

import pytest

from tests.official.client import Client, venv_of

PROJECT = "integrations"
READ = """query($e: String, $p: String!, $r: String!) { project(name: $p, entityName: $e) { run(name: $r) {
    state config summaryMetrics history(samples: 100000) outputArtifacts { edges { node { artifactType { name } fileCount state } } } } } }"""


@pytest.fixture(scope="module")
def logged(server, tmp_path_factory):
    """What the libraries themselves say, and a function that reads a run back."""
    if not (venv_of("integrations") / "bin" / "wandb").exists():
        pytest.exit("the libraries are not installed; run tests/official/setup.sh", returncode=1)
    key = server.add_user("integrated")
    client = Client("integrations", server, "integrated", key, tmp_path_factory.mktemp("integrations"))
    told = client.script("integrations", project=PROJECT)

    def read(run):
        found = server.graphql(READ, {"e": "integrated", "p": PROJECT, "r": run}, key=key)["project"]["run"]
        artifacts = {each["node"]["artifactType"]["name"]: each["node"] for each in found["outputArtifacts"]["edges"]}
        return Run(found, artifacts)

    return told, read


class Run:
    def __init__(self, found, artifacts):
        self.state, self.artifacts = found["state"], artifacts
        self.config = {key: each["value"] for key, each in json.loads(found["config"]).items() if key != "_wandb"}
        self.summary = json.loads(found["summaryMetrics"])
        self.rows = [json.loads(row) if isinstance(row, str) else row for row in found["history"]]

    def column(self, key):
        return [row[key] for row in self.rows if key in row]


def test_xgboost__logs_each_round_its_parameters_and_the_model(logged):
    told, read = logged
    run = read("xgboost")
    assert run.state == "finished"
    assert run.column("train-logloss") == told["xgboost"] and len(told["xgboost"]) == 5
    assert run.config["learner"]["objective"]["name"] == "binary:logistic"
    assert (run.artifacts["model"]["state"], run.artifacts["model"]["fileCount"]) == ("COMMITTED", 1)


def test_lightgbm__logs_each_round_its_parameters_and_the_model(logged):
    told, read = logged
    run = read("lightgbm")
    assert run.state == "finished"
    assert run.column("train_binary_logloss") == told["lightgbm"] and len(told["lightgbm"]) == 5
    assert run.config["num_leaves"] == 4
    assert (run.artifacts["model"]["state"], run.artifacts["model"]["fileCount"]) == ("COMMITTED", 1)


def test_sklearn__logs_plots_as_tables_and_scores(logged):
    told, read = logged
    run = read("sklearn")
    assert run.state == "finished"
    assert run.column("accuracy") == [told["sklearn"]]
    assert {"confusion_matrix", "roc_table", "summary_metrics"} <= run.summary.keys()
    assert run.summary["roc_table"]["_type"] == "table-file" and run.summary["roc_table"]["nrows"] > 0


def test_optuna__logs_each_trial(logged):
    told, read = logged
    run = read("optuna")
    assert run.state == "finished"
    assert run.column("loss") == told["optuna"] and len(told["optuna"]) == 5
    assert [a * a for a in run.column("a")] == told["optuna"]
    assert run.config["direction"] == ["MINIMIZE"]
