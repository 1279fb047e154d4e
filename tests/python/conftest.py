"""conftest.py - the Python package as it was built, and scripts that run on it in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.official.client import venv_of

REPOSITORY = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def package(binary, tmp_path_factory) -> Path:
    """A folder to put on PYTHONPATH: the package with the extension and the sender of the tested build."""
    build = binary.parent.parent
    folder = tmp_path_factory.mktemp("package")
    target = folder / "barograph"
    target.mkdir()
    sources = REPOSITORY / "python" / "barograph"
    for source in sources.rglob("*"):
        is_built = source.suffix == ".so" or source.name == "barograph-sender"
        if source.is_file() and "__pycache__" not in source.parts and not is_built:
            place = target / source.relative_to(sources)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(source)
    for built in (build / "python" / "_core.abi3.so", build / "client" / "barograph-sender"):
        if not built.exists():
            pytest.skip(f"{built.name} is not built")
        # A copy: the extension looks for its sender beside itself, links resolved.
        (target / built.name).write_bytes(built.read_bytes())
        (target / built.name).chmod(0o755)
    return folder


class Scripts:
    """Runs Python scripts as one user of one server."""

    def __init__(self, package: Path, user, folder: Path):
        self.user, self.folder = user, folder
        self.env = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "PYTHONPATH": str(package),
            "BAROGRAPH_BASE_URL": user.server.base_url,
            "BAROGRAPH_API_KEY": user.key,
            "BAROGRAPH_QUIET": "true",
        }

    def start(self, code: str, **env: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)],
            cwd=self.folder,
            env={**self.env, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def start_official(self, code: str) -> subprocess.Popen:
        """By the newest official client."""
        env = {**self.env, "PATH": os.environ["PATH"], "WANDB_SILENT": "true"}
        command = [venv_of("0.31.0") / "bin" / "python", "-c", textwrap.dedent(code)]
        return subprocess.Popen(command, env=env, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, code: str, **env: str) -> str:
        """The script's standard output; it must end well."""
        process = self.start(code, **env)
        output, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        return output

    def logs(self) -> list[Path]:
        return sorted(self.folder.glob("wandb/*run-*/run-*.wandb"))


@pytest.fixture
def scripts(package, user, tmp_path) -> Scripts:
    return Scripts(package, user, tmp_path)


@pytest.fixture(scope="module")
def peers(package, server, tmp_path_factory):
    """Both clients on one server; a user for each module."""
    from tests.conftest import User, _names
    from tests.python.peers import PYTHON, Peers

    if not PYTHON.exists():
        pytest.skip("the environment with the libraries is not made: tests/official/setup.sh")
    return Peers(package, User(server, f"peer{next(_names)}"), tmp_path_factory.mktemp("peers"))
