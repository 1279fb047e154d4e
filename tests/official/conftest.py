"""conftest.py - the official client's three ages as fixtures."""

from __future__ import annotations

import itertools

import pytest

from tests.official.client import AGES, Client, Lab, venv_of

_homes = itertools.count(1)


@pytest.fixture(params=AGES)
def age(request) -> str:
    return request.param


@pytest.fixture(scope="session")
def lab(server, tmp_path_factory) -> Lab:
    for age in AGES:
        if not (venv_of(age) / "bin" / "wandb").exists():
            pytest.exit(f"wandb {age} is not installed; run tests/official/setup.sh", returncode=1)
    return Lab(server, tmp_path_factory.mktemp("clients"))


@pytest.fixture
def make_client(tmp_path):
    """A client of its own against any server: make_client(age, server, entity, key)."""

    def make(age: str, server, entity: str = "admin", key: str | None = None) -> Client:
        return Client(age, server, entity, key or server.admin_key, tmp_path / f"client-{next(_homes)}")

    return make
