"""test_pythons.py - one extension for every Python from 3.9 on: what this machine has of them records a run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.python.support import read_run, rows_of

VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")

SCRIPT = """
import barograph
from barograph import apis, artifacts, cli, compat, data_types, plot, sweeps, watching
with barograph.init(project="p", id="r", config={"a": 1}) as run:
    run.define_metric("x", summary="max")
    for i in range(100):
        run.log({"x": i, "d": {"e": 1.5}})
    assert run.summary["x"] == {"max": 99} and run.config.a == 1
print("ok")
"""


def python_of(version: str) -> str | None:
    """In PATH, or among pyenv's."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = sorted(root.glob(f"{version}.*/bin/python")) if root.is_dir() else []
    return str(found[-1]) if found else shutil.which(f"python{version}")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_run_is_recorded(scripts, user, version):
    python = python_of(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    done = subprocess.run([python, "-c", SCRIPT], cwd=scripts.folder, env=scripts.env, capture_output=True, text=True, timeout=60)
    assert done.stdout == "ok\n", done.stderr
    assert len(rows_of(read_run(user, "p", "r"))) == 100
