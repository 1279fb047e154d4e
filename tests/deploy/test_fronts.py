"""What proxies like to get wrong: large bodies, ranges, WebSockets, names and addresses, headers that clients make up."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.support.oidc import Liar
from tests.support.page import Page
from tests.support.protocol import RunUnderTest

REPOSITORY = Path(__file__).parent.parent.parent
OFFICIAL = REPOSITORY / "build" / "venvs" / "wandb-0.31.0" / "bin" / "python"
LARGE = 96 << 20
UPLOAD = """mutation($files: [String!]!, $run: String!) { createRunFiles(input: {entityName: "admin",
  projectName: "p", runName: $run, files: $files}) { files { name uploadUrl } uploadHeaders } }"""
SCRIPT = """
import wandb
run = wandb.init(project="front", id="fronted", settings=wandb.Settings(silent=True))
for step in range(50): run.log({"loss": 1 / (step + 1)})
run.finish()
print(len(list(wandb.Api().run("admin/front/fronted").scan_history())))
"""


class Admin:
    """Who runs belong to."""

    name = "admin"

    def __init__(self, server):
        self.server, self.key = server, server.admin_key

    def graphql(self, query, variables=None):
        return self.server.graphql(query, variables)


def test_a_large_file__passes_in_both_directions_and_in_part(behind, tmp_path):
    server = behind()
    run = RunUnderTest(Admin(server), "p", "r")
    url = server.graphql(UPLOAD, {"files": ["large.bin"], "run": "r"})["createRunFiles"]["files"][0]["uploadUrl"]
    assert url.startswith(server.base_url)
    path = tmp_path / "large.bin"
    block = os.urandom(1 << 20)
    path.write_bytes(block * (LARGE >> 20))
    with open(path, "rb") as file:
        assert requests.put(url, data=file, timeout=60).status_code == 200
    whole = server.request("GET", f"/files/admin/p/{run.name}/large.bin", stream=True)
    assert sum(map(len, whole.iter_content(1 << 20))) == LARGE
    part = server.request("GET", f"/files/admin/p/{run.name}/large.bin", headers={"Range": f"bytes={(1 << 20) - 3}-{(1 << 20) + 2}"})
    assert (part.status_code, part.content) == (206, block[-3:] + block[:3])


def test_a_page__hears_of_rows_at_once(behind, certificates):
    server = behind()
    run = RunUnderTest(Admin(server), "p", "r")
    page = Page(server.base_url, server.admin_key, certificates / "chain.pem")
    page.send({"watch": [{"entity": "admin", "project": "p"}]})
    assert page.receive()["watching"] == [True]
    begun = time.monotonic()
    assert run.post({"files": {"wandb-history.jsonl": {"offset": 0, "content": ['{"_step": 0, "x": 1}']}}}).status_code == 200
    while (message := page.receive())["type"] != "runs" or not any(each["lines"] == 1 for each in message["runs"]):
        pass
    assert time.monotonic() - begun < 3


def test_names_and_addresses__are_the_browsers_and_not_what_it_claims(behind):
    server = behind()
    lies = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    refused = server.request("POST", "/api/session", key=None, json={"username": "nobody", "password": "x"}, headers=lies)
    assert refused.status_code == 401
    with server.database() as database:
        assert list(database.execute("select address from audit where action = 'session.refused'")) == [("127.0.0.1",)]
    session = server.request("POST", "/api/session", json={}, headers=lies)
    assert session.status_code == 204 and "; Secure" in session.headers["set-cookie"]
    assert server.request("GET", "/metrics", key=None).status_code == 403
    assert server.request("GET", "/readyz", key=None).status_code == 200
    plain = requests.get(f"http://127.0.0.1:{server.front.plain_port}/x?y=1", allow_redirects=False, timeout=10)
    assert plain.status_code == 301 and plain.headers["location"].startswith("https://127.0.0.1")


def test_a_log_in_elsewhere__comes_back_to_the_proxy(behind):
    liar = Liar()
    server = behind("--oidc-issuer", liar.issuer, "--oidc-client", "us")
    session = requests.Session()
    begun = session.get(f"{server.base_url}/api/oidc/begin", allow_redirects=False, timeout=10)
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    assert asked["redirect_uri"] == [f"{server.base_url}/api/oidc/return"] and "; Secure" in begun.headers["set-cookie"]
    code, state = liar.code_for(begun.headers["location"])
    back = session.get(f"{server.base_url}/api/oidc/return", params={"code": code, "state": state}, allow_redirects=False, timeout=10)
    cookies = back.headers["set-cookie"]
    assert back.headers["location"] == "/" and "barograph_session=" in cookies
    assert cookies.count("; Secure") == cookies.count("; HttpOnly") == cookies.count("Path=")
    liar.stop()


@pytest.mark.skipif(not OFFICIAL.exists(), reason="the official client is not installed: tests/official/setup.sh")
def test_the_official_client__logs_and_reads_through_it(behind, certificates, tmp_path):
    server = behind()
    chain = str(certificates / "chain.pem")
    env = {**os.environ, "WANDB_BASE_URL": server.base_url, "WANDB_API_KEY": server.admin_key, "WANDB_DIR": str(tmp_path)}
    env |= {"SSL_CERT_FILE": chain, "REQUESTS_CA_BUNDLE": chain}
    done = subprocess.run([OFFICIAL, "-c", SCRIPT], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip().endswith("50"), done.stdout + done.stderr


def test_a_server_that_ends__is_left_out(behind, certificates, make_server):
    """Two servers of one kind behind it would share a database; here one is enough to see that a dead one is not asked."""
    server = behind()
    server.front.process.terminate()
    server.front.process.wait(10)
    server.front.before("http://127.0.0.1:9", server.direct_url)  # nobody is at the first
    time.sleep(2.5)  # two looks at it
    for _ in range(20):
        assert server.request("GET", "/readyz", key=None).status_code == 200
