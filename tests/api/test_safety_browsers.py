"""The safety rules on browsers: what a page of somebody else's, a frame or a logged file may do (rules 20, 21 and 23)."""

from __future__ import annotations

import json
import re

import pytest
import requests

from tests.support.protocol import RunUnderTest

# ---- 20: logged content never runs in our origin ----


@pytest.mark.parametrize("name", ["x.html", "x.htm", "x.HTML", "x.svg", "x.xml", "x.xhtml", "x.js", "x.mjs", "x.pdf", "x.json",
                                  "x.png", "x", "x.html.", "sw.js", "x.wasm", "x.css", "x.mht", "x.swf"])
@pytest.mark.parametrize("how", ["url", "directUrl"])
def test_s20__a_logged_file_runs_nowhere(user, name, how):
    run = RunUnderTest(user, "s20", "run")
    assert run.put(name, b"<script>alert(1)</script>").ok
    for method in ("GET", "HEAD"):
        answer = user.server.request(method, run.files(name)[name][how], key=user.key, headers={"Service-Worker": "script"})
        assert answer.status_code == 200
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("sandbox;") and "allow-" not in policy and "default-src 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        kind = answer.headers["Content-Type"]
        assert not re.search("script|xml|wasm|css|flash", kind.replace("image/svg+xml", "")), kind
        assert name.lower().endswith((".html", ".htm", ".svg", ".json", ".png")) or answer.headers["Content-Disposition"] == "attachment"


# ---- 21: what browsers are made to do ----


def test_s21__a_page_of_somebody_elses_cannot_log_its_visitor_in(server, user):
    answer = server.request("POST", "/api/session", key=None, data=json.dumps({"key": user.key}),
                            headers={"Origin": "https://evil.example", "Content-Type": "text/plain"})
    assert answer.status_code == 403 and "Set-Cookie" not in answer.headers
    answer = server.request("POST", "/api/session", key=None, json={"key": user.key}, headers={"Origin": server.base_url})
    assert answer.status_code == 204 and "Set-Cookie" in answer.headers


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Content-Type": "text/plain"},
                                     {"Content-Type": "application/x-www-form-urlencoded"}])
def test_s21__a_cookie_changes_nothing_without_the_pages_own_origin_and_type(server, user, headers):
    session = requests.Session()
    session.post(server.base_url + "/api/session", json={"key": user.key}, timeout=30)
    given = {"Content-Type": "application/json", **headers}
    if "Content-Type" in headers:
        given["Origin"] = server.base_url
    query = json.dumps({"query": "mutation { createTeam(input: {name: \"forged\"}) { __typename } }"})
    answer = session.post(server.base_url + "/graphql", data=query, headers=given, timeout=30)
    assert answer.status_code == 403 and "WWW-Authenticate" not in answer.headers


# ---- 23: who may frame us ----


@pytest.mark.parametrize("path", ["/", "/somebody/project", "/healthz", "/metrics", "/files/a/b/c/d", "/api/admin/users"])
def test_s23__nothing_may_be_framed_by_others(server, path):
    policy = server.request("GET", path, key=None).headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy


def framed(server, path: str, session=requests, **headers):
    return session.get(server.base_url + path, headers={"Sec-Fetch-Dest": "iframe", **headers}, allow_redirects=False, timeout=30)


def test_s23__a_framed_run_is_shown_by_a_link_that_changes_nothing(server, user):
    run = RunUnderTest(user, "s23frame", "run")
    run.put("x.txt", b"x")
    path = f"/{user.name}/s23frame/runs/{run.name}?jupyter=true"
    session = requests.Session()
    assert session.post(server.base_url + "/api/session", json={"key": user.key}, timeout=30).ok
    sent = framed(server, path, session)
    assert sent.status_code == 303 and sent.headers["Cache-Control"] == "no-store"
    page = framed(server, sent.headers["Location"])
    assert page.status_code == 200 and "frame-ancestors *" in page.headers["Content-Security-Policy"]
    shown = server.request("GET", "/api" + sent.headers["Location"].partition("?")[0], key=None).json()
    assert [r["name"] for r in shown["runs"]] == [run.name]
    assert session.get(server.base_url + path, headers={"Sec-Fetch-Dest": "document"}, allow_redirects=False, timeout=30).status_code == 200


def test_s23__a_frame_shows_nothing_to_strangers(server, user):
    run = RunUnderTest(user, "s23frame", "hidden")
    run.put("x.txt", b"x")
    answer = framed(server, f"/{user.name}/s23frame/runs/{run.name}?jupyter=true")
    assert answer.status_code == 200 and "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_s23__logged_files_are_framed_by_our_own_page_only(user):
    run = RunUnderTest(user, "s23", "run")
    run.put("x.html", b"x")
    policy = requests.get(run.files("x.html")["x.html"]["directUrl"], timeout=30).headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
