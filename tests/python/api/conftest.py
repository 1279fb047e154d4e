"""conftest.py - the public API in this very process, against a real server that holds one of everything."""

from __future__ import annotations

import sys

import pytest

from tests.python.api.world import World


@pytest.fixture(scope="session")
def public(package):
    """The module barograph.apis.public of the tested build."""
    sys.path.insert(0, str(package))
    import barograph.apis.public

    return barograph.apis.public


@pytest.fixture(scope="session")
def world(server) -> World:
    """What there is to read. Tests that change something make runs of their own."""
    return World(server, "reader").fill()


@pytest.fixture
def api(public, world):
    return public.Api({"base_url": world.server.base_url, "entity": world.entity}, api_key=world.key)
