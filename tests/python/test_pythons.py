"""test_pythons.py - one extension, and one wheel, for every Python from 3.9 on: what this machine has of them records a run.

The wheel's part runs where BAROGRAPH_WHEEL names one: `make test-pythons` makes it first. BAROGRAPH_PYTHONS names
interpreters that are not found by themselves, with spaces between.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.python.support import read_run, rows_of
from tests.support.server import Server

VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15")

SCRIPT = """
import barograph
from barograph import apis, artifacts, cli, compat, data_types, plot, sweeps, watching
with barograph.init(project="p", id="r", config={"a": 1}) as run:
    run.define_metric("x", summary="max")
    for i in range(100):
        run.log({"x": i, "d": {"e": 1.5}})
    run.log({"table": barograph.Table(columns=["a", "b"], data=[[1, "x"], [2, "y"]])})
    assert run.summary["x"] == {"max": 99} and run.config.a == 1
read = barograph.Api().run("p/r")
assert read.state == "finished" and [row["x"] for row in read.scan_history(keys=["x"])] == list(range(100))
table = read.logged_artifacts()[0].get("table")
assert table.columns == ["a", "b"] and table.data == [[1, "x"], [2, "y"]], table.data
print("ok")
"""


def python_of(version: str) -> str | None:
    """Named, in PATH, or among pyenv's."""
    for named in os.environ.get("BAROGRAPH_PYTHONS", "").split():
        if Path(named).name == f"python{version}":
            return named
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = sorted(root.glob(f"{version}.*/bin/python")) if root.is_dir() else []
    return str(found[-1]) if found else shutil.which(f"python{version}")


@pytest.fixture(params=VERSIONS)
def python(request) -> str:
    found = python_of(request.param)
    if found is None:
        pytest.skip(f"there is no Python {request.param} here")
    return found


@pytest.fixture
def wheel() -> Path:
    if "BAROGRAPH_WHEEL" not in os.environ:
        pytest.skip("BAROGRAPH_WHEEL names no wheel: make test-pythons")
    return Path(os.environ["BAROGRAPH_WHEEL"]).resolve()


def record(python: str | Path, folder: Path, env: dict[str, str]) -> None:
    command = [python, "-W", "error", "-c", SCRIPT]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60)
    assert done.stdout == "ok\n", done.stderr


def test_a_run_is_recorded(scripts, user, python):
    record(python, scripts.folder, scripts.env)
    assert len(rows_of(read_run(user, "p", "r"))) == 101


def test_the_wheel_is_a_complete_installation(wheel, python, tmp_path):
    """Nothing but the wheel: its server, its command line, its package."""
    subprocess.run([python, "-m", "venv", tmp_path / "venv"], check=True, capture_output=True)
    places = tmp_path / "venv" / "bin"
    install = [places / "python", "-m", "pip", "install", "--quiet", "--no-index", "--disable-pip-version-check", wheel]
    subprocess.run(install, check=True, capture_output=True)
    # A Python that comes with libraries of its own is no reason to take another for barograph's.
    env = {"PATH": "/nothing", "HOME": str(tmp_path), "BAROGRAPH_QUIET": "true"}
    server = Server(places / "barograph", tmp_path / "data").start()
    try:
        key = server.add_user("someone")
        env |= {"BAROGRAPH_BASE_URL": server.base_url, "BAROGRAPH_API_KEY": key}
        assert "<div id" in server.request("GET", "/", key=None).text
        record(places / "python", tmp_path, env)
        listed = subprocess.run([places / "barograph", "artifact", "ls", "p"], env=env, capture_output=True, text=True, timeout=60)
        assert "run-r-table" in listed.stdout, listed.stderr
        counted = server.graphql(
            '{ project(name: "p", entityName: "someone") { run(name: "r") { summaryMetrics } } }', key=key
        )["project"]["run"]["summaryMetrics"]
        assert json.loads(counted)["x"] == {"max": 99}
    finally:
        server.stop()
