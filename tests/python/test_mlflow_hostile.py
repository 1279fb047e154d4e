"""Stores of MLflow's that somebody else packed, and which would like to have what lies beside them."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

READ = """
import json, sys
from pathlib import Path
from barograph.importers.mlflow import read_folder
project = read_folder(Path(sys.argv[1]))
runs = [{"files": [file.name for file in run.files], "config": run.facts["config"], "rows": list(run.rows())} for run in project.runs()]
print(json.dumps({"runs": runs, "left": project.left}))
"""

TABLES = """
create table experiments (experiment_id integer, name text);
create table runs (run_uuid text, experiment_id integer, name text, status text, start_time integer, end_time integer, artifact_uri text, lifecycle_stage text);
create table params (run_uuid text, key text, value text);
create table tags (run_uuid text, key text, value text);
create table metrics (run_uuid text, key text, timestamp integer, value real, step integer, is_nan integer);
insert into experiments values (1, 'e');
"""


def read(package, path: Path) -> dict:
    ran = subprocess.run([sys.executable, "-c", READ, str(path)], env={"PYTHONPATH": str(package)}, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture
def secrets(tmp_path) -> Path:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "id_key").write_text("1 2 3 private")
    return folder


def test_mlflow__a_database_cannot_ask_for_any_folder(package, tmp_path, secrets):
    own = tmp_path / "mlruns" / "1" / "r1" / "artifacts"
    own.mkdir(parents=True)
    (own / "model.txt").write_text("model")
    path = tmp_path / "mlflow.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(TABLES)
        for run, place in (("r1", own), ("r2", secrets), ("r3", secrets.as_uri())):
            connection.execute("insert into runs values (?, 1, ?, 'FINISHED', 1, 2, ?, 'active')", (run, run, str(place)))
    connection.close()
    found = read(package, path)
    assert [run["files"] for run in found["runs"]] == [["artifacts/model.txt"], [], []]
    assert [sentence.partition(":")[0] for sentence in found["left"]] == ["r2", "r3"]


def test_mlflow__links_in_a_folder_lead_nowhere(package, tmp_path, secrets):
    experiment = tmp_path / "mlruns" / "1"
    run = experiment / "r1"
    (run / "metrics").mkdir(parents=True)
    (experiment / "meta.yaml").write_text("name: e\n")
    (run / "meta.yaml").write_text("run_name: r1\nstatus: 3\n")
    for part in ("artifacts", "params", "tags"):
        (run / part).symlink_to(secrets)
    (run / "metrics" / "id_key").symlink_to(secrets / "id_key")
    found = read(package, tmp_path / "mlruns")
    assert [(run["files"], json.loads(run["config"]), run["rows"]) for run in found["runs"]] == [([], {}, [])]
