"""What projects hold, and the limits that administrators of the server set for one of them."""

from __future__ import annotations

import json

import pytest
import requests

from tests.conftest import User
from tests.support.protocol import RunUnderTest
from tests.support.receiver import wait_until
from tests.support.server import GraphQLError, Server

LIMIT = """mutation($e: String, $p: String, $bytes: Int64) {
    upsertModel(input: {entityName: $e, name: $p, limitBytes: $bytes}) { model { limitBytes } } }"""
HELD = """query($e: String, $p: String) { entity(name: $e) { storageBytes } viewer { storageBytes }
    project(name: $p, entityName: $e) { storageBytes limitBytes } }"""
ROW = {"files": {"wandb-history.jsonl": {"offset": 0, "content": ['{"_step": 0}']}}}


@pytest.fixture(scope="module")
def lab(binary, tmp_path_factory):
    server = Server(binary, tmp_path_factory.mktemp("limits") / "data").start()
    yield server
    server.stop()


_names = iter(range(1, 1000))


@pytest.fixture
def owner(lab):
    return User(lab, f"limited{next(_names)}")


def held(user, project="p"):
    return user.graphql(HELD, {"e": user.name, "p": project})


def set_limit(user, project, limit_bytes, key=None):
    given = {"e": user.name, "p": project, "bytes": limit_bytes}
    return user.server.graphql(LIMIT, given, key=key or user.server.admin_key)["upsertModel"]["model"]["limitBytes"]


def put(run, name, content):
    return requests.put(run.upload_urls(name)[name], data=content, timeout=30).status_code


def test_storage__is_told_of_a_project_and_of_its_owner(owner):
    first, second = RunUnderTest(owner, "p", "a"), RunUnderTest(owner, "other", "b")
    assert (put(first, "a.bin", bytes(1000)), put(second, "b.bin", bytes(30))) == (200, 200)
    answer = held(owner)
    assert answer["project"] == {"storageBytes": 1000, "limitBytes": None}
    assert (answer["entity"]["storageBytes"], answer["viewer"]["storageBytes"]) == (1030, 1030)
    first.send_rows(0, [{"_step": 0, "loss": 1.5}])
    assert held(owner)["project"]["storageBytes"] > 1000  # histories count too


def test_storage__is_nothing_to_others(owner):
    put(RunUnderTest(owner, "p", "a"), "a.bin", bytes(1000))
    other = User(owner.server, f"{owner.name}-other")
    query = "query($e: String) { entity(name: $e) { storageBytes } users { edges { node { username storageBytes } } } }"
    assert other.graphql(query, {"e": owner.name})["entity"] is None


def test_limit__refuses_with_429_until_there_is_room_or_no_limit(owner):
    full, free = RunUnderTest(owner, "p", "run"), RunUnderTest(owner, "free", "run")
    assert put(full, "a.bin", bytes(1000)) == 200
    assert set_limit(owner, "p", 1000) == 1000
    assert held(owner)["project"]["limitBytes"] == 1000
    wait_until(lambda: full.post({"files": {}}).status_code == 429)
    refused = full.post(ROW)
    assert refused.status_code == 429 and "the project holds as much as it may" in refused.text
    assert put(full, "b.bin", b"x") == 429
    assert free.post(ROW).status_code == 200  # others of the entity are not held up
    assert set_limit(owner, "p", 2000) == 2000
    wait_until(lambda: full.post(ROW).status_code == 200)
    assert set_limit(owner, "p", 1) == 1
    wait_until(lambda: full.post({"files": {}}).status_code == 429)
    assert set_limit(owner, "p", 0) is None  # the last limit of the server: nothing is counted any more
    wait_until(lambda: put(full, "b.bin", b"x") == 200)


def test_limit__of_the_project_goes_before_that_of_the_server(make_server):
    server = make_server("--project-quota-mb", "1")
    user = User(server, "alice")
    wide, usual = RunUnderTest(user, "wide", "run"), RunUnderTest(user, "usual", "run")
    set_limit(user, "wide", 4 << 20)
    assert (put(wide, "a.bin", bytes(1 << 20)), put(usual, "a.bin", bytes(1 << 20))) == (200, 200)
    wait_until(lambda: usual.post({"files": {}}).status_code == 429)
    assert wide.post(ROW).status_code == 200


def test_limit__is_for_administrators_of_the_server_to_set(owner):
    RunUnderTest(owner, "p", "run")
    for limit in (0, 1 << 40):  # of one's own project neither
        with pytest.raises(GraphQLError) as refused:
            set_limit(owner, "p", limit, key=owner.key)
        assert refused.value.code == "FORBIDDEN" and "administrators of the server" in str(refused.value)
    with pytest.raises(GraphQLError) as refused:
        set_limit(owner, "p", -1)
    assert refused.value.code == "BAD_USER_INPUT" and "got -1" in str(refused.value)
    assert held(owner)["project"]["limitBytes"] is None


def test_gc__says_what_projects_hold(owner):
    put(RunUnderTest(owner, "p", "a"), "a.bin", bytes(1000))
    set_limit(owner, "p", 5000)
    told = json.loads(owner.server.run_cli("gc", "--json").stdout)["storage"]
    mine = [each for each in told if each["entity"] == owner.name]
    assert mine == [{"entity": owner.name, "project": "p", "bytes": 1000, "limitBytes": 5000}]
    text = owner.server.run_cli("gc").stdout
    assert f"1000 of 5000 bytes in {owner.name}/p" in text and f"1000 bytes of {owner.name}" in text
