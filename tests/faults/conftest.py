"""conftest.py - servers whose disk can be made to fail, and the stores of others, a new one for each module."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.faults.disk import Disk
from tests.support.postgres import Postgres
from tests.support.protocol import RunUnderTest
from tests.support.seaweed import Seaweed
from tests.support.server import Server


@pytest.fixture(scope="module")
def postgres():
    server = Postgres().start()
    yield server
    server.remove()


@pytest.fixture(scope="module")
def bucket_store():
    store = Seaweed().start()
    yield store
    store.remove()


@pytest.fixture(scope="session")
def disk_library(tmp_path_factory) -> Path:
    library = tmp_path_factory.mktemp("disk") / "disk.so"
    source = Path(__file__).parent / "disk.c"
    subprocess.run(["cc", "-O1", "-Wall", "-shared", "-fPIC", "-o", library, source], check=True)
    return library


@pytest.fixture(scope="session")
def clock(tmp_path_factory):
    """The environment of a server whose wall clock is so many seconds ahead."""
    library = tmp_path_factory.mktemp("clock") / "clock.so"
    source = Path(__file__).parent / "clock.c"
    subprocess.run(["cc", "-O1", "-Wall", "-shared", "-fPIC", "-o", library, source], check=True)
    return lambda ahead_s: {"LD_PRELOAD": str(library), "CLOCK_AHEAD_S": str(ahead_s), "ASAN_OPTIONS": "verify_asan_link_order=0"}


@pytest.fixture
def disk(disk_library, tmp_path) -> Disk:
    folder = tmp_path / "disk"
    folder.mkdir()
    return Disk(disk_library, folder, folder / "data")


@pytest.fixture
def start(binary):
    """Starts a server on a folder: start(data), start(data, env=...); all end with the test."""
    servers = []

    def start(data: Path, *options: str, env: dict | None = None) -> Server:
        server = Server(binary, data, options, env)
        servers.append(server)
        return server.start()

    yield start
    for server in servers:
        if server.process is not None and server.process.poll() is None:
            server.kill()


def administrator_of(server: Server) -> SimpleNamespace:
    return SimpleNamespace(server=server, name="admin", key=server.admin_key, graphql=server.graphql)


@pytest.fixture
def open_run():
    """A run of a server's administrator: open_run(server, "name")."""
    return lambda server, name="run": RunUnderTest(administrator_of(server), "faults", name)
