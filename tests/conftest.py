"""conftest.py - the fixtures that every test of the running program shares."""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support.server import Server  # noqa: E402

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def binary() -> Path:
    """The program under test: BAROGRAPH_BINARY, or the last release build."""
    path = Path(os.environ.get("BAROGRAPH_BINARY", REPOSITORY / "build" / "barograph")).resolve()
    if not path.exists():
        pytest.exit(f"{path} is not built; run `make` first", returncode=1)
    return path


@pytest.fixture(scope="session")
def server(binary, tmp_path_factory):
    """One server for the whole session. Tests on it keep apart by users and projects of their own."""
    server = Server(binary, tmp_path_factory.mktemp("server") / "data").start()
    yield server
    server.stop()


@pytest.fixture
def make_server(binary, tmp_path):
    """Starts servers that end with the test: make_server("--crash-after-s", "2")."""
    servers = []

    def make(*options: str, env: dict | None = None) -> Server:
        data = tmp_path / f"server-{len(servers)}" / "data"
        data.parent.mkdir()
        servers.append(Server(binary, data, options, env).start())
        return servers[-1]

    yield make
    for server in servers:
        server.stop()


_names = itertools.count(1)


class User:
    """An account made for one test; its personal entity has its name."""

    def __init__(self, server: Server, name: str, *options: str):
        self.server = server
        self.name = name
        self.key = server.add_user(name, *options)

    def graphql(self, query: str, variables: dict | None = None) -> dict:
        return self.server.graphql(query, variables, key=self.key)


@pytest.fixture
def make_user(server):
    """Makes users that no other test has: make_user(), make_user("--admin")."""
    return lambda *options: User(server, f"user{next(_names)}", *options)


@pytest.fixture
def user(make_user) -> User:
    return make_user()
