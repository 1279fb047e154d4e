"""peers.py - one script run by two clients, the official one and ours, and what each left on the server.

The script says `import wandb`; for ours as_wandb() has run before. Both runs are read by the official public API.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import textwrap
from pathlib import Path

import pytest

VENVS = Path(__file__).parent.parent.parent / "build" / "venvs"
VENV = VENVS / "wandb-integrations"
PYTHON = VENV / "bin" / "python"
LIMIT_S = 110

# A script that takes too long says where it stands, and ends.
SAYS_WHERE = f"import faulthandler\nfaulthandler.dump_traceback_later({LIMIT_S - 10}, exit=True)\n"

OURS = "from barograph.compat import as_wandb\nas_wandb()\n"

# Prints what the public API says of the runs whose paths are the arguments, as JSON. It has nothing to end: 0.31.0 waits without a limit
# for its service process at its exit.
READER = """
import json, os, re, sys, tempfile, pathlib, hashlib
import wandb

api = wandb.Api()

def plain(value):
    if isinstance(value, dict) or hasattr(value, "items"):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value

def describe(path):
    run = api.run(path)
    files, names = {}, [file.name for file in run.files()]
    with tempfile.TemporaryDirectory() as folder:
        for file in run.files():
            if file.name.startswith("media/"):
                place = pathlib.Path(file.download(folder, replace=True).name)
                files[file.name] = hashlib.sha256(place.read_bytes()).hexdigest()
    artifacts = []
    for artifact in run.logged_artifacts():
        artifacts.append({
            "name": artifact.name, "type": artifact.type, "digest": artifact.digest, "size": artifact.size,
            "aliases": sorted(artifact.aliases), "metadata": artifact.metadata, "description": artifact.description,
            "entries": {path: [entry.digest, entry.size, entry.ref] for path, entry in artifact.manifest.entries.items()},
        })
    rows = [plain(row) for row in run.scan_history()]
    return {
        "id": run.id, "config": plain(run.config), "raw_config": json.loads(run.json_config), "summary": plain(run.summary._json_dict),
        "history": rows, "files": files, "names": names, "state": run.state,
        "artifacts": sorted(artifacts, key=lambda each: (each["type"], each["name"])),
    }

print(json.dumps([describe(path) for path in sys.argv[1:]]), flush=True)
os._exit(0)
"""


class Peers:
    """Both clients as one user."""

    def __init__(self, package: Path, user, folder: Path):
        self.package, self.user, self.folder = package, user, folder

    def environment(self, is_ours: bool, folder: Path) -> dict[str, str]:
        folder.mkdir(parents=True, exist_ok=True)
        base, key = self.user.server.base_url, self.user.key
        own = (
            {"PYTHONPATH": str(self.package), "BAROGRAPH_BASE_URL": base, "BAROGRAPH_API_KEY": key, "BAROGRAPH_QUIET": "true"}
            if is_ours
            else {"WANDB_BASE_URL": base, "WANDB_API_KEY": key, "WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false"}
        )
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "MPLBACKEND": "Agg",
            "MPLCONFIGDIR": str(self.folder / "matplotlib"),
            "OMP_NUM_THREADS": "2",
            **own,
        }

    def run(self, code: str, is_ours: bool, name: str = "", *arguments: str, python: Path = PYTHON, **env: str) -> str:
        """The script's standard output; it must end well."""
        folder = self.folder / (name or ("ours" if is_ours else "official"))
        whole = SAYS_WHERE + (OURS if is_ours else "") + textwrap.dedent(code)
        done = subprocess.run(
            [str(python), "-c", whole, *arguments],
            cwd=_made(folder),
            env={**self.environment(is_ours, folder), **env},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def both(self, code: str, python: Path = PYTHON, **env: str) -> tuple[dict, dict]:
        """What the public API says of the official client's run and of ours. The script prints its run's path last."""
        paths = [self.run(code, is_ours, python=python, **env).split()[-1] for is_ours in (False, True)]
        return tuple(self.read(*paths))

    def both_in(self, environment: str, how: str = "tests/official/setup.sh"):
        """The same in another environment; where that is not made the test is left out."""
        python = VENVS / environment / "bin" / "python"
        if not python.exists():
            pytest.skip(f"the environment {environment} is not made: {how}")
        return functools.partial(self.both, python=python)

    def read(self, *paths: str):
        return json.loads(self.run(READER, False, "reader", *paths).splitlines()[-1])


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


# What differs from run to run: ids of runs and artifacts, moments, and what they are in.
_RANDOM_KEYS = ("_runtime", "_timestamp", "_wandb", "artifact_path", "_latest_artifact_path", "previous_increments_paths")


def comparable(value, run_id: str):
    """The value without what no two runs share."""
    if isinstance(value, dict):
        return {key: comparable(item, run_id) for key, item in value.items() if key not in _RANDOM_KEYS}
    if isinstance(value, list):
        return [comparable(item, run_id) for item in value]
    return value.replace(run_id, "RUN") if isinstance(value, str) else value
