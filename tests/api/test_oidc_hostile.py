"""A provider that lies, and people who bring what is not theirs: no session comes of it."""

from __future__ import annotations

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.oidc import Browser, Key, Liar, b64, make_hs256_token, make_token


@pytest.fixture(scope="module")
def liar():
    liar = Liar()
    yield liar
    liar.stop()


@pytest.fixture
def ours(liar, make_server):
    """A server of each test's own: it remembers whom it refused."""
    return make_server("--oidc-issuer", liar.issuer, "--oidc-client", "us")


@pytest.fixture(autouse=True)
def honest(liar):
    """Each test begins with a provider that tells the truth."""
    liar.make, liar.token_status, liar.keys = (lambda claims: make_token(liar.key, claims)), 200, [liar.key.jwk()]


def come_back(server, liar, **changes) -> str:
    """Where the browser ends up; changes: of the parameters it comes back with."""
    browser = Browser(server.base_url)
    code, state = liar.code_for(browser.begin().headers["location"])
    answer = browser.get(f"{server.base_url}/api/oidc/return", params={"code": code, "state": state, **changes})
    assert answer.status_code == 303
    has_session = "barograph_session=" in answer.headers["set-cookie"]
    assert has_session == (answer.headers["location"] == "/")
    return answer.headers["location"]


def changed(**changes):
    return lambda claims: {name: value for name, value in {**claims, **changes}.items() if value is not None}


NOW = int(time.time())
WRONG_CLAIMS = {
    "another issuer": changed(iss="https://elsewhere.example"),
    "no issuer": changed(iss=None),
    "another audience": changed(aud="them"),
    "another audience in a list": changed(aud=["them", "those"]),
    "several audiences without a party": changed(aud=["us", "them"]),
    "another party": changed(aud=["us", "them"], azp="them"),
    "another party alone": changed(azp="them"),
    "an audience that is no text": changed(aud={"us": 1}),
    "over": changed(exp=NOW - 120),
    "no end": changed(exp=None),
    "an end in words": changed(exp="tomorrow"),
    "not yet": changed(nbf=NOW + 3600),
    "made in the future": changed(iat=NOW + 3600),
    "no time of making": changed(iat=None),
    "another nonce": changed(nonce="x" * 43),
    "no nonce": changed(nonce=None),
    "nobody": changed(sub=None),
    "an empty somebody": changed(sub=""),
    "a number for somebody": changed(sub=7),
    "a long somebody": changed(sub="x" * 256),
    "another access token": changed(at_hash=b64("x" * 16)),
}


def test_an_honest_token__is_taken(ours, liar):
    assert come_back(ours, liar) == "/"
    liar.make = lambda claims: make_token(liar.key, {**claims, "aud": ["us", "them"], "azp": "us", "nbf": NOW - 5, "exp": time.time() - 30})
    assert come_back(ours, liar) == "/"  # clocks differ a little


@pytest.mark.parametrize("name", WRONG_CLAIMS)
def test_wrong_claims__are_refused(ours, liar, name):
    liar.make = lambda claims: make_token(liar.key, WRONG_CLAIMS[name](claims))
    assert come_back(ours, liar).startswith("/login?problem=refused")


def unsigned(claims, algorithm="none", signature=""):
    return f"{b64(json.dumps({'alg': algorithm}))}.{b64(json.dumps(claims))}.{signature}"


def cut(token: str, claims: dict) -> str:
    """Other claims under the same signature."""
    head, _, signature = token.split(".")
    return f"{head}.{b64(json.dumps(claims))}.{signature}"


WRONG_SIGNATURES = {
    "none": lambda liar, claims: unsigned(claims),
    "none with something": lambda liar, claims: unsigned(claims, signature="AAAA"),
    "NONE": lambda liar, claims: unsigned(claims, "nOnE", "AAAA"),
    "empty": lambda liar, claims: unsigned(claims, "RS256"),
    "HS256 with the public key": lambda liar, claims: make_hs256_token(liar.key.pem(), claims, "liar"),
    "HS256 with the modulus": lambda liar, claims: make_hs256_token(liar.keys[0]["n"].encode(), claims, "liar"),
    "another key of that name": lambda liar, claims: make_token(Key("RS256", "liar"), claims),
    "a key nobody knows": lambda liar, claims: make_token(Key("RS256", "stranger"), claims),
    "a key of another kind": lambda liar, claims: make_token(Key("ES256", "liar"), claims),
    "other claims": lambda liar, claims: cut(make_token(liar.key, claims), {**claims, "sub": "admin"}),
    "a key in the header": lambda liar, claims: make_token(
        (stranger := Key("RS256", "own")), claims, {"alg": "RS256", "jwk": stranger.jwk(), "kid": "own"}
    ),
    "an extension": lambda liar, claims: make_token(liar.key, claims, {"alg": "RS256", "kid": "liar", "crit": ["b64"], "b64": False}),
    "two parts": lambda liar, claims: make_token(liar.key, claims).rsplit(".", 1)[0],
    "five parts": lambda liar, claims: make_token(liar.key, claims) + ".a.b",
    "no base64": lambda liar, claims: "***." + make_token(liar.key, claims).split(".", 1)[1],
    "no object": lambda liar, claims: make_token(liar.key, [claims]),
    "very long": lambda liar, claims: make_token(liar.key, {**claims, "x": "y" * 100000}),
}


@pytest.mark.parametrize("name", WRONG_SIGNATURES)
def test_wrong_signatures__are_refused(ours, liar, name):
    liar.make = lambda claims: WRONG_SIGNATURES[name](liar, claims)
    assert come_back(ours, liar).startswith("/login?problem=refused")


def test_a_weak_key__is_no_key(ours, liar):
    weak = Key("RS256", "weak")
    weak.private = rsa.generate_private_key(65537, 1024)
    liar.keys, liar.make = [liar.key.jwk(), weak.jwk()], lambda claims: make_token(weak, claims)
    assert come_back(ours, liar).startswith("/login?problem=refused")


def test_a_key__is_good_for_what_it_is_for_only(ours, liar):
    other = Key("RS256", "for-secrets")
    liar.keys, liar.make = [{**other.jwk(), "use": "enc"}], lambda claims: make_token(other, claims)
    assert come_back(ours, liar).startswith("/login?problem=refused")
    liar.keys = [{"kty": "oct", "k": b64("x" * 32)}, {"kty": "OKP", "crv": "Ed25519", "x": b64("x" * 32)}, 7, other.jwk()]
    assert come_back(ours, liar) == "/"


def test_keys__are_asked_for_once_for_many_log_ins(ours, liar):
    assert come_back(ours, liar) == "/"
    before = liar.key_requests
    for _ in range(5):
        assert come_back(ours, liar) == "/"
    assert liar.key_requests == before
    liar.key = Key("ES256", "newer")
    liar.keys, liar.make = [liar.key.jwk()], lambda claims: make_token(liar.key, claims, {"alg": "ES256"})  # names no key
    assert come_back(ours, liar) == "/" and liar.key_requests == before + 1


@pytest.mark.parametrize("changes", [{"state": "x" * 43}, {"state": ""}, {"state": None}])
def test_another_state__is_refused(ours, liar, changes):
    assert come_back(ours, liar, **changes).startswith("/login?problem=stale")


@pytest.mark.parametrize(
    "changes", [{"code": None}, {"code": ""}, {"code": "c" * 5000}, {"code": "x~y"}, {"iss": "https://elsewhere.example"}, {"error": "access_denied"}]
)
def test_another_answer__is_refused(ours, liar, changes):
    assert come_back(ours, liar, **changes).startswith("/login?problem=refused")


@pytest.mark.parametrize(
    "path", ["//evil.example/", "https://evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "/a\r\nSet-Cookie: x=y", "", "/" + "x" * 2000]
)
def test_the_way_on__stays_on_this_server(ours, liar, path):
    browser = Browser(ours.base_url)
    code, state = liar.code_for(browser.begin(path).headers["location"])
    answer = browser.get(f"{ours.base_url}/api/oidc/return", params={"code": code, "state": state})
    assert answer.headers["location"] == "/"


def test_a_cookie_that_was_changed__is_refused(ours, liar):
    browser = Browser(ours.base_url)
    code, state = liar.code_for(browser.begin("/here").headers["location"])
    expires, random, _ = browser.session.cookies["barograph_log_in"].split(".")
    for cookie in (f"{expires}.{random}.{b64('/there')}", f"99999999999.{random}.{b64('/here')}", "", "..", "x" * 3000):
        answer = browser.get(
            f"{ours.base_url}/api/oidc/return", params={"code": code, "state": state}, headers={"Cookie": f"barograph_log_in={cookie}"}
        )
        assert answer.headers["location"].startswith("/login?problem=stale"), cookie


def test_a_provider_in_trouble__is_nobodys_failed_log_in(ours, liar):
    liar.token_status = 500
    assert come_back(ours, liar).startswith("/login?problem=unavailable")
    liar.token_status = 302
    assert come_back(ours, liar).startswith("/login?problem=unavailable")


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://192.0.2.1/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": "http://user:password@127.0.0.1/keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
        {"x": "y" * 300000},
    ],
)
def test_a_description_that_may_not_be__is_not_followed(make_server, description):
    liar = Liar()
    liar.description = description
    server = make_server("--oidc-issuer", liar.issuer, "--oidc-client", "us")
    assert Browser(server.base_url).begin().headers["location"].startswith("/login?problem=unavailable")
    liar.stop()


def test_a_provider_that_hangs__holds_up_nobody_else(make_server):
    with socket.create_server(("127.0.0.1", 0), backlog=128) as silent:
        server = make_server("--oidc-issuer", f"http://127.0.0.1:{silent.getsockname()[1]}", "--oidc-client", "us")
        with ThreadPoolExecutor(90) as people:
            begun = [people.submit(Browser(server.base_url).begin) for _ in range(90)]
            refused = list(islice(as_completed(begun, 60), 80))  # there is no room for more than 8 to wait
            assert [each.result().status_code for each in refused].count(503) > 70
            before = time.monotonic()
            assert server.request("GET", "/readyz", key=None).status_code == 200
            assert server.graphql("{ viewer { username } }")["viewer"]["username"] == "admin"
            assert time.monotonic() - before < 5
            assert server.stop() == 0
            statuses = [each.result().status_code for each in begun]
            assert set(statuses) == {303, 503} and statuses.count(303) <= 8  # who was being asked for, and those who waited


def test_who_is_refused_often__has_to_wait(ours, liar):
    for _ in range(50):
        assert come_back(ours, liar, code="x~y").startswith("/login?problem=refused")
    assert come_back(ours, liar).startswith("/login?problem=often")


@pytest.mark.parametrize(
    "options, words",
    [
        (("--oidc-issuer", "http://sso.example", "--oidc-client", "us"), "https"),
        (("--oidc-issuer", "https://a:b@sso.example", "--oidc-client", "us"), "without name"),
        (("--oidc-issuer", "https://sso.example"), "--oidc-client"),
        (("--oidc-issuer", "https://sso.example", "--oidc-client", "us", "--oidc-teams", "vision"), "TEAM=GROUP"),
        (("--oidc-issuer", "https://sso.example", "--oidc-client", "us", "--oidc-teams", "a/b=c"), "letters"),
        (("--oidc-issuer", "https://sso.example", "--oidc-client", "us", "--oidc-accounts", "all"), "any, mapped or known"),
        (("--oidc-issuer", "https://sso.example", "--oidc-client", "us", "--oidc-secret", "x", "--oidc-secret-file", "/dev/null"), "one of them"),
        (("--oidc-issuer", "https://sso.example", "--oidc-client", "us", "--oidc-session-hours", "0"), "from 1"),
    ],
)
def test_settings_that_cannot_be__are_told_at_the_start(make_server, options, words):
    with pytest.raises(RuntimeError, match=words):
        make_server(*options)
