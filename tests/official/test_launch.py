"""Queues of jobs are not offered: the official client hears so in words, and all else goes on."""

from __future__ import annotations

import pytest


def try_to_launch(client):
    return client.script("launch", entity=client.entity)


@pytest.fixture
def tried(lab) -> dict:
    return lab.newest(try_to_launch)


@pytest.mark.parametrize("call", ["create", "upsert"])
def test_making_a_queue__is_refused_in_words(tried, call):
    assert "not offered" in tried[call]["message"]


def test_queue__is_not_there(tried):
    assert tried["queue"]["error"]


def test_everything_else__goes_on(tried):
    assert tried["project"] == "launched" and not isinstance(tried["jobs"], dict)


def test_command_line__says_so(lab):
    lab.newest(try_to_launch)
    done = lab.client("0.31.0").wandb("launch", "--queue", "q", "--entity", lab.client("0.31.0").entity, "--job", "x:latest")
    assert done.returncode != 0
