"""Users, teams, service accounts and keys through the official client's own API, as an administrator of the server."""

from __future__ import annotations

import pytest

from tests.official.client import AGES, Client
from tests.support.server import Server


@pytest.fixture(scope="module")
def people(binary, tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp("people")
    server = Server(binary, folder / "data").start()
    try:
        return Client(AGES[0], server, "admin", server.admin_key, folder / "client").script("people", username="admin")
    finally:
        server.stop()


def test_user__is_made_by_address(people):
    assert people["created"] == ["newcomer", "newcomer@example.org"]


def test_team__has_members_invited_ones_and_service_accounts(people):
    assert people["team"] == ["crew", [["admin", "MEMBER"]]]
    assert people["invited"] == [True, True]
    assert people["service"][0] == "SERVICE"
    assert people["members"] == [["MEMBER", ""], ["MEMBER", "newcomer@example.org"], ["MEMBER", "stranger@example.org"], ["SERVICE", ""]]


def test_member__is_removed(people):
    assert people["removed"] == [[True], ["MEMBER", "MEMBER", "SERVICE"]]


def test_key__is_made_used_and_deleted(people):
    assert people["user"] == ["admin", ["admin", "crew"], 1]
    assert (people["key_made"], people["key_works"], people["as_user"]) == ([True, 2], "admin", "admin")
    assert people["key_gone"] == [True, 1]


def test_unknown_user__is_none(people):
    assert people["nobody"] is None


def test_console_and_link__are_read_back(people):
    assert len(people["console"]) == 1 and "content='a line'" in people["console"][0]
    assert people["linked"] == [True, 0, "admin/people/a:v0"]


def ask_for_too_much(client):
    other = f"other-{client.entity}"
    client.server.add_user(other)
    return client.script("people_refused", team=f"team-{client.entity}", other=other)


def test_refusal__is_false_or_none_for_each_age(lab, age):
    told = lab.outcome(age, ask_for_too_much)
    assert (told["unknown"], told["service"]) == (False, None)
    assert told["invited"] == [True, False]
    assert told["removed"] == [True, False]
