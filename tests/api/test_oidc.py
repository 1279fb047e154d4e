"""Logging in at a real provider of OpenID Connect: accounts, teams from groups, links by address, keys that change."""

from __future__ import annotations

import html
import re
import subprocess
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests

from tests.support.oidc import CLIENT, FOLDER, Browser, Provider

TEAMS = "{ viewer { username email admin teams { edges { node { name } } } } }"
AUDIT = "select action, subject from audit where action = ? order by id"


@pytest.fixture(scope="session", autouse=True)
def installed():
    if not (FOLDER / "node_modules" / "oidc-provider").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=FOLDER, check=True)


@pytest.fixture
def world(make_server, tmp_path):
    """world(*options, **provider settings): a provider and a server that asks it."""
    providers = []

    def make(*options: str, **settings):
        provider = Provider(tmp_path, **settings)
        providers.append(provider)
        server = make_server(*provider.options, *options)
        provider.start(server.base_url)
        return provider, server

    yield make
    for provider in providers:
        provider.stop()


def teams_of(browser: Browser) -> set[str]:
    viewer = browser.graphql(TEAMS)["viewer"]
    return {edge["node"]["name"] for edge in viewer["teams"]["edges"]} - {viewer["username"]}


def log_out(browser: Browser):
    return browser.session.delete(f"{browser.server_url}/api/session", headers={"Origin": browser.server_url})


def is_out(browser: Browser) -> bool:
    return browser.session.post(f"{browser.server_url}/graphql", json={"query": TEAMS}).json()["data"]["viewer"] is None


def audit_of(server, action: str) -> list:
    with server.database() as database:
        query = AUDIT.replace("?", "%s") if server.has_postgres else AUDIT
        return list(database.execute(query, (action,)))


@pytest.mark.parametrize("algorithm, in_token, way", [("RS256", False, "client_secret_basic"), ("ES256", True, "client_secret_post")])
def test_log_in__makes_an_account_with_the_groups_teams(world, algorithm, in_token, way):
    provider, server = world(
        "--oidc-teams", "vision=ml:lead:admin,vision=ml,audio=/sound/all:viewer", "--oidc-admin-group", "ops",
        algorithm=algorithm, inToken=in_token, way=way,
    )  # fmt: skip
    server.run_cli("org", "add", "acme", "--admin", "admin")
    server.run_cli("team", "add", "vision", "--org", "acme")
    server.run_cli("team", "add", "audio")
    claims = {"name": "Maria Rossi", "preferred_username": "maria.rossi", "email": "maria@example.org", "email_verified": True}
    provider.say("id-1", **claims, groups=["ml", "ml:lead", "else"])
    browser = Browser(server.base_url)
    answer = browser.log_in("id-1", "/acme/vision?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/acme/vision?x=1"), server.log()
    cookie = next(c for c in answer.headers["set-cookie"].split(", ") if c.startswith("barograph_session="))
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Max-Age=86400" in cookie and "Secure" not in cookie
    viewer = browser.graphql(TEAMS)["viewer"]
    assert (viewer["username"], viewer["email"], viewer["admin"]) == ("maria.rossi", "maria@example.org", False)
    assert teams_of(browser) == {"vision", "acme"}
    roles = server.run_cli("team", "member", "vision").stdout
    assert "maria.rossi" in roles and "admin" in roles

    # Out of one group, into others; what was given by hand stays.
    server.run_cli("team", "add", "byhand", "--member", "maria.rossi")
    provider.say("id-1", **claims, groups=["/sound/all", "ops"])
    again = Browser(server.base_url)
    assert again.log_in("id-1").headers["location"] == "/"
    assert teams_of(again) == {"audio", "byhand"} and again.graphql(TEAMS)["viewer"]["admin"] is True
    provider.say("id-1", **claims, groups=[])
    assert Browser(server.base_url).log_in("id-1").headers["location"] == "/"
    assert teams_of(again) == {"byhand"} and again.graphql(TEAMS)["viewer"]["admin"] is False
    assert audit_of(server, "user.bind") == [("user.bind", "maria.rossi")]
    assert [row[0] for row in audit_of(server, "user.end_admin")] == ["user.end_admin"]

    assert log_out(again).status_code == 200
    assert is_out(again)


def test_addresses__link_an_account_only_where_that_is_said_and_they_are_verified(world, make_server):
    provider, server = world()
    key = server.add_user("anna", "--email", "anna@example.org")
    provider.say("a", preferred_username="anna", email="anna@example.org", email_verified=True)
    provider.say("b", preferred_username="anna", email="anna@example.org", email_verified=False)
    refused = Browser(server.base_url).log_in("a")
    assert refused.headers["location"].startswith("/login?problem=email&") and "barograph_session" not in refused.headers["set-cookie"]
    assert audit_of(server, "session.refused") == [("session.refused", "a")]
    other = Browser(server.base_url)
    other.log_in("b")
    assert other.graphql(TEAMS)["viewer"] | {"teams": 0} == {"username": "anna-2", "email": None, "admin": False, "teams": 0}

    server.stop()
    server.options += ("--oidc-link-email",)
    server.start()
    linked = Browser(server.base_url)
    linked.log_in("a")
    assert linked.graphql(TEAMS)["viewer"]["username"] == "anna"
    # The account is that subject's now, whatever the provider says of others and their addresses later.
    provider.say("c", preferred_username="anna", email="anna@example.org", email_verified=True)
    assert Browser(server.base_url).log_in("c").headers["location"].startswith("/login?problem=email&")
    provider.say("a", preferred_username="renamed", email="elsewhere@example.org", email_verified=True)
    moved = Browser(server.base_url)
    moved.log_in("a")
    assert moved.graphql(TEAMS)["viewer"]["username"] == "anna"
    assert server.graphql("{ viewer { username } }", key=key)["viewer"]["username"] == "anna"
    server.run_cli("user", "remove", "anna")
    assert Browser(server.base_url).log_in("a").headers["location"].startswith("/login?problem=unknown&")


@pytest.mark.parametrize("who, groups, is_in", [("mapped", ["ml"], True), ("mapped", ["other"], False), ("known", ["ml"], False)])
def test_accounts__are_for_whom_the_setting_says(world, who, groups, is_in):
    provider, server = world("--oidc-teams", "vision=ml", "--oidc-accounts", who)
    provider.say("p", preferred_username="graphql", groups=groups)
    location = Browser(server.base_url).log_in("p").headers["location"]
    assert location == "/" if is_in else location.startswith("/login?problem=unknown&")
    assert ("graphql-2" in server.run_cli("user", "list").stdout) == is_in  # the plain name is the server's own


def test_keys__may_change_between_two_log_ins(world):
    provider, server = world()
    assert Browser(server.base_url).log_in("p").headers["location"] == "/"
    provider.rotate(server.base_url)
    assert Browser(server.base_url).log_in("p").headers["location"] == "/"
    provider.stop()
    away = Browser(server.base_url)
    assert away.begin().status_code == 303  # where to go is remembered; the provider itself is what is missing
    server.restart()
    assert away.begin("/x").headers["location"] == "/login?problem=unavailable&next=%2Fx"


def test_a_code__is_good_once_and_for_the_browser_that_asked(world):
    provider, server = world()
    victim, thief = Browser(server.base_url), Browser(server.base_url)
    address = victim.come_back_as("p", victim.begin().headers["location"])
    thief.begin()
    assert thief.get(address).headers["location"].startswith("/login?problem=stale")
    assert Browser(server.base_url).get(address).headers["location"].startswith("/login?problem=stale")
    kept = victim.session.cookies.copy()
    assert victim.get(address).headers["location"] == "/"
    assert victim.get(address).headers["location"].startswith("/login?problem=stale")  # its cookie is gone
    victim.session.cookies = kept
    assert victim.get(address).headers["location"].startswith("/login?problem=refused")


def test_the_label__is_told_to_the_page(world, server):
    assert server.request("GET", "/api/oidc", key=None).json() == {"label": None, "passwords": True}
    assert server.request("GET", "/api/oidc/begin", key=None).status_code == 404
    _, ours = world("--oidc-label", "Log in with Example")
    assert ours.request("GET", "/api/oidc", key=None).json() == {"label": "Log in with Example", "passwords": True}


def test_log_out__leads_to_the_provider_and_back(world):
    provider, server = world()
    browser = Browser(server.base_url)
    answer = browser.log_in("p")
    cookie = next(c for c in answer.headers["set-cookie"].split(", ") if c.startswith("barograph_log_out="))
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/api/session" in cookie
    out = log_out(browser)
    assert out.status_code == 200 and is_out(browser)
    address = out.json()["address"]
    asked = parse_qs(urlsplit(address).query)
    assert asked["post_logout_redirect_uri"] == [f"{server.base_url}/login"] and asked["client_id"] == [CLIENT]
    assert asked["id_token_hint"][0].count(".") == 2
    form = browser.get(address)
    assert form.ok, form.text
    fields = dict(re.findall(r'name="(xsrf)" value="([^"]+)"', form.text))
    action = html.unescape(re.search(r'action="([^"]+)"', form.text)[1])
    gone = browser.session.post(action, data={**fields, "logout": "yes"}, allow_redirects=False, timeout=30)
    assert gone.headers["location"] == f"{server.base_url}/login"
    assert 'name="login"' in browser.get(urljoin(provider.issuer, browser.get(browser.begin().headers["location"]).headers["location"])).text
    assert log_out(browser).status_code == 204, "there is nothing left to end"


def test_log_out__of_a_session_that_began_elsewhere_stays_here(world):
    _, server = world()
    browser = Browser(server.base_url)
    assert browser.session.post(f"{server.base_url}/api/session", json={"key": server.admin_key}).status_code == 204
    assert log_out(browser).status_code == 204


def test_log_out__with_the_provider_away_ends_the_session_here(world):
    provider, server = world()
    browser = Browser(server.base_url)
    browser.log_in("p")
    provider.stop()
    server.restart()
    assert log_out(browser).status_code == 204
    assert is_out(browser)


def test_passwords__can_be_turned_off(world):
    _, server = world("--passwords", "off")
    key = server.add_user("anna")
    server.run_cli("user", "password", "anna", stdin="a long password\n")
    assert server.request("GET", "/api/oidc", key=None).json()["passwords"] is False
    log_in = lambda body: server.request("POST", "/api/session", key=None, json=body)  # noqa: E731
    refused = log_in({"username": "anna", "password": "a long password"})
    assert refused.status_code == 403 and "password" in refused.json()["error"]
    assert log_in({"key": key}).status_code == 204
    assert Browser(server.base_url).log_in("p").headers["location"] == "/"


def test_sessions_begun_with_a_password__end_with_passwords(world):
    _, server = world()
    key = server.add_user("anna")
    server.run_cli("user", "password", "anna", stdin="a long password\n")
    by_password, by_key, by_provider = requests.Session(), requests.Session(), Browser(server.base_url)
    session = f"{server.base_url}/api/session"
    assert by_password.post(session, json={"username": "anna", "password": "a long password"}).status_code == 204
    assert by_key.post(session, json={"key": key}).status_code == 204
    by_provider.log_in("p")
    server.options += ("--passwords", "off")
    server.restart()
    ask = {"json": {"query": "{ viewer { username } }"}, "headers": {"Origin": server.base_url}}
    who = lambda browser: browser.post(f"{server.base_url}/graphql", **ask).json()["data"]["viewer"]  # noqa: E731
    assert who(by_password) is None
    assert who(by_key) == {"username": "anna"}
    assert who(by_provider.session) is not None
