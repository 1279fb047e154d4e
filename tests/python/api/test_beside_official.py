"""The official package's Api and ours, asked the same of the same server, answer the same, attribute by attribute."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.official.client import venv_of

READ_ALL = Path(__file__).parent / "read_all.py"
WRITE_SHELF = Path(__file__).parent / "write_shelf.py"

# Where we differ on purpose, and why.
DIFFERENT: dict[str, str] = {}


def run(command: list, world, folder: Path, package: str = "") -> None:
    folder.mkdir(exist_ok=True)
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": package,
        "WANDB_BASE_URL": world.server.base_url,
        "WANDB_API_KEY": world.key,
        "WANDB_SILENT": "true",
        "WANDB_ERROR_REPORTING": "false",
    }
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def read(python: Path | str, module: str, world, folder: Path, package: str) -> dict:
    out = folder / "seen.json"
    run([python, READ_ALL, module, world.entity, world.org, world.sweep, out], world, folder, package)
    return json.loads(out.read_text())


@pytest.fixture(scope="module")
def answers(world, package, tmp_path_factory) -> tuple[dict, dict]:
    official = venv_of("0.31.0") / "bin" / "python"
    if not official.exists():
        pytest.exit("wandb 0.31.0 is not installed; run tests/official/setup.sh", returncode=1)
    folder = tmp_path_factory.mktemp("answers")
    run([official, WRITE_SHELF, world.entity, world.org], world, folder / "writer")
    theirs = read(official, "wandb", world, folder / "official", "")
    ours = read(sys.executable, "barograph", world, folder / "ours", str(package))
    return theirs, ours


def test_answers__are_to_the_same_questions(answers):
    theirs, ours = answers
    assert list(ours) == list(theirs)
    assert len(ours) > 100


def is_same(mine, yours) -> bool:
    """Errors of ours may be of more kinds than theirs: scripts catch them under either."""
    if isinstance(yours, list) and yours[:1] == ["raises"]:
        return isinstance(mine, list) and mine[:1] == ["raises"] and set(yours) <= set(mine)
    return mine == yours


def test_answers__are_equal(answers):
    theirs, ours = answers
    names = [name for name in theirs if name not in DIFFERENT and not is_same(ours[name], theirs[name])]
    assert not names, "\n".join(f"{name}:\n  ours   {ours[name]}\n  theirs {theirs[name]}" for name in names)


def test_answers__are_answers(answers):
    """Errors on both sides would be equal too: only those that are meant raise."""
    _, ours = answers
    raised = {name for name, value in ours.items() if isinstance(value, list) and value[:1] == ["raises"]}
    assert raised == {
        *("missing run", "missing project", "missing path", "missing artifact", "missing registry", "missing sweep"),
        *("filter bad", "artifact of another type", "no versions"),
    }
