"""Offline runs, synced later, and synced again."""

from __future__ import annotations

import shutil

import pytest

from tests.official.compare import assert_same, logged
from tests.official.scripts import values

PROJECT = "offline"


def log_and_sync(client):
    path = f"{client.entity}/{PROJECT}/away"
    folder = client.script("offline", project=PROJECT, run="away")["folder"]
    first = client.wandb("sync", folder)
    once = client.script("read_run", path=path)
    second = client.wandb("sync", "--include-synced", folder)
    twice = client.script("read_run", path=path)
    other = client.wandb("sync", "--include-synced", "--id", "elsewhere", "-p", f"{PROJECT}-other", folder)
    moved = client.script("read_run", path=f"{client.entity}/{PROJECT}-other/elsewhere")
    shutil.rmtree(folder)
    return {
        "statuses": [(done.returncode, done.stdout + done.stderr) for done in (first, second, other)],
        "once": once,
        "twice": twice,
        "moved": moved,
    }


@pytest.fixture
def synced(lab, age) -> dict:
    return lab.outcome(age, log_and_sync)


def rows_of(read: dict) -> list[dict]:
    return logged(read["rows"])[: values.ROW_COUNT]


def test_sync__succeeds(synced):
    for status, output in synced["statuses"]:
        assert status == 0, output


def test_sync__brings_every_row(synced):
    assert_same(values.rows(), rows_of(synced["once"]))
    assert len(synced["once"]["rows"]) == values.ROW_COUNT + 1


def test_sync__brings_config_tags_files_and_state(synced):
    assert synced["once"]["config"]["lr"] == 0.25
    assert synced["once"]["tags"] == ["late"]
    assert {"saved.txt", "output.log", "config.yaml"} <= set(synced["once"]["files"])
    assert synced["once"]["state"] == "finished"


def test_sync_again__changes_nothing(synced):
    assert len(synced["twice"]["rows"]) == len(synced["once"]["rows"])
    assert_same(rows_of(synced["once"]), rows_of(synced["twice"]))


def test_sync_elsewhere__makes_another_run(synced):
    assert_same(values.rows(), rows_of(synced["moved"]))
