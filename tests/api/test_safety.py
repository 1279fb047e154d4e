"""The safety rules, one by one, with real requests: what a tenant, a viewer, a browser or nobody at all may try.

A test is named by the rule it holds the program to: s04 is rule 4.
"""

from __future__ import annotations

import base64
import concurrent.futures
import hashlib
import json
import re
import shutil
import socket
import ssl
import subprocess
import time
import urllib.parse
from pathlib import Path

import pytest
import requests

from tests.api import test_who_may_ask as walk
from tests.conftest import User
from tests.support.protocol import UPSERT, RunUnderTest
from tests.support.server import GraphQLError

MIB = 1 << 20

CREATE_ARTIFACT = """mutation M($input: CreateArtifactInput!) { createArtifact(input: $input) { artifact { id state } } }"""
CREATE_MANIFEST = """mutation M($input: CreateArtifactManifestInput!) { createArtifactManifest(input: $input) {
    artifactManifest { id file { uploadUrl } } } }"""
CREATE_FILES = """mutation M($input: CreateArtifactFilesInput!) { createArtifactFiles(input: $input) {
    files { edges { node { name uploadUrl artifact { id } } } } } }"""
COMMIT = """mutation M($id: ID!) { commitArtifact(input: {artifactID: $id}) { artifact { id state } } }"""


def peak_bytes(server) -> int:
    """The most memory the server ever held."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def md5_of(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content).digest()).decode()


class Draft:
    """An artifact version that is being made, step by step as the client would."""

    def __init__(self, user: User, project: str, name: str = "data", **more):
        self.user = user
        given = {"entityName": user.name, "projectName": project, "artifactTypeName": "dataset", "artifactCollectionName": name,
                 "digest": "0" * 32, **more}
        self.id = user.graphql(CREATE_ARTIFACT, {"input": given})["createArtifact"]["artifact"]["id"]
        given = {"artifactID": self.id, "digest": "", "name": "wandb_manifest.json", "type": "FULL"}
        self.manifest = user.graphql(CREATE_MANIFEST, {"input": given})["createArtifactManifest"]["artifactManifest"]

    def announce(self, *files: tuple[str, bytes]) -> dict[str, str | None]:
        specs = [{"artifactID": self.id, "name": name, "md5": md5_of(content)} for name, content in files]
        edges = self.user.graphql(CREATE_FILES, {"input": {"artifactFiles": specs}})["createArtifactFiles"]["files"]["edges"]
        return {edge["node"]["name"]: edge["node"]["uploadUrl"] for edge in edges}

    def put_manifest(self, entries: dict) -> requests.Response:
        document = {"version": 1, "storagePolicy": "wandb-storage-policy-v1", "contents": entries}
        return requests.put(self.manifest["file"]["uploadUrl"], data=json.dumps(document), timeout=60)

    def commit(self):
        return self.user.graphql(COMMIT, {"id": self.id})["commitArtifact"]["artifact"]


def entry(content: bytes) -> dict:
    return {"digest": md5_of(content), "size": len(content)}


@pytest.fixture
def other_user(make_user) -> User:
    return make_user()


@pytest.fixture
def shared(server, user):
    """A team of which `user` is administrator."""
    name = f"{user.name}-team"
    assert server.run_cli("team", "add", name, "--admin", user.name).returncode == 0
    return name


# ---- 1: possession is proved by bytes ----


def test_s01__a_manifest_that_names_another_tenants_bytes_is_refused(server, user, other_user):
    secret = b"the owner's bytes" * 1000
    owner = Draft(user, "s01")
    assert requests.put(owner.announce(("a.bin", secret))["a.bin"], data=secret, timeout=30).ok
    assert owner.put_manifest({"a.bin": entry(secret)}).ok
    assert owner.commit()["state"] == "COMMITTED"

    thief = Draft(other_user, "s01")
    assert thief.announce(("a.bin", secret))["a.bin"], "who has not shown the bytes is asked for them"
    assert thief.put_manifest({"a.bin": entry(secret)}).ok
    with pytest.raises(GraphQLError, match="whose bytes were not uploaded"):
        thief.commit()


def test_s01__known_and_unknown_digests_answer_alike(server, user, other_user):
    known, unknown = b"known" * 100, b"unknown" * 100
    owner = Draft(user, "s01-alike")
    assert requests.put(owner.announce(("a", known))["a"], data=known, timeout=30).ok
    assert owner.put_manifest({"a": entry(known)}).ok and owner.commit()
    thief, answers = Draft(other_user, "s01-alike"), []
    for content in (known, unknown):
        assert thief.put_manifest({"a": entry(content)}).ok
        with pytest.raises(GraphQLError) as refusal:
            thief.commit()
        answers.append((str(refusal.value), refusal.value.code))
    assert answers[0] == answers[1]


def test_s01__bytes_of_another_project_of_the_same_user_are_asked_for_again(user):
    content = b"mine, but elsewhere"
    first = Draft(user, "s01-first")
    assert requests.put(first.announce(("a", content))["a"], data=content, timeout=30).ok
    assert first.put_manifest({"a": entry(content)}).ok and first.commit()
    assert Draft(user, "s01-first", "more").announce(("a", content))["a"] is None
    assert Draft(user, "s01-second").announce(("a", content))["a"] is not None


# ---- 2: what was committed does not change ----


def test_s02__an_old_address_takes_nothing_after_the_commit(user):
    content = b"first"
    draft = Draft(user, "s02")
    address = draft.announce(("a", content))["a"]
    assert requests.put(address, data=content, timeout=30).ok
    assert draft.put_manifest({"a": entry(content)}).ok and draft.commit()
    assert requests.put(address, data=b"other", timeout=30).status_code == 409
    assert draft.put_manifest({"a": entry(b"other")}).status_code in (404, 409)


# ---- 4: the object itself is authorised ----


def test_s04__somebody_elses_manifest_is_none(user, other_user):
    update = "mutation M($id: ID!) { updateArtifactManifest(input: {artifactManifestID: $id}) { artifactManifest { id } } }"
    answers = []
    for identifier in (Draft(user, "s04").manifest["id"], base64.b64encode(b"ArtifactManifest:999999").decode()):
        with pytest.raises(GraphQLError) as refusal:
            other_user.graphql(update, {"id": identifier})
        answers.append((str(refusal.value), refusal.value.code))
    assert answers[0] == answers[1]


def test_s04__an_artifact_is_no_output_of_a_run_that_moved_out_of_reach(server, user, shared):
    member = User(server, f"{user.name}-mover")
    assert server.run_cli("team", "member", shared, member.name, "--role", "member").returncode == 0
    run = RunUnderTest(member, "s04-own", "moved")
    move = """mutation M($input: MoveRunsInput!) { moveRuns(input: $input) { success } }"""
    member.graphql(move, {"input": {"ids": [run.id], "filters": "{}", "sourceEntityName": member.name, "sourceProjectName": "s04-own",
                                    "destinationEntityName": shared, "destinationProjectName": "s04-team"}})
    assert server.run_cli("team", "member", shared, member.name, "--role", "viewer").returncode == 0
    with pytest.raises(GraphQLError) as refusal:
        Draft(member, "s04-own", runName="moved")
    assert refusal.value.code in ("FORBIDDEN", "NOT_FOUND")


# ---- 5 and 6: what clients say of themselves; names that are taken ----


def test_s05__headers_change_neither_rights_nor_names(server, user):
    headers = {"Use-Admin-Privileges": "true", "X-Wandb-Username": "admin", "X-Wandb-User-Email": "admin@localhost"}
    answer = server.request("POST", "/graphql", key=user.key, headers=headers, json={"query": "{ viewer { username admin } }"})
    assert answer.json()["data"]["viewer"] == {"username": user.name, "admin": False}
    assert server.request("GET", "/api/admin/users", key=user.key, headers=headers).status_code == 403


def test_s05__a_key_is_shown_whole_once(user):
    key = user.graphql("mutation { generateApiKey(input: {description: \"x\"}) { apiKey { id name } } }")["generateApiKey"]["apiKey"]
    listed = user.graphql("{ viewer { apiKeys { edges { node { id name } } } } }")["viewer"]["apiKeys"]["edges"]
    shown = {edge["node"]["id"]: edge["node"]["name"] for edge in listed}
    assert len(key["name"]) >= 40 and len(shown[key["id"]]) <= 8 and key["name"].startswith(shown[key["id"]])


def test_s06__names_that_are_routes_cannot_be_registered(server):
    source = (Path(__file__).parents[2] / "server" / "api" / "routes.c").read_text()
    names = {pattern.split("/")[1] for pattern in re.findall(r'HTTP_\w+, "([^"]+)"', source)} | {"login", "assets", "GraphQL", "Files"}
    for name in names:
        assert server.run_cli("user", "add", name).returncode != 0, name
        assert server.run_cli("team", "add", name).returncode != 0, name


def test_s06__a_removed_name_stays_taken(server, make_user):
    user = make_user()
    assert server.run_cli("user", "remove", user.name).returncode == 0
    assert server.run_cli("user", "add", user.name).returncode != 0
    assert server.run_cli("team", "add", user.name.upper()).returncode != 0
    assert server.request("POST", "/graphql", key=user.key, json={"query": "{ viewer { id } }"}).status_code == 401


# ---- 8: a failure of ours is never the client's ----


def test_s08__a_database_that_cannot_be_written_is_503_and_says_when_to_try_again(make_server):
    server = make_server()
    user = User(server, "alice")
    run = RunUnderTest(user, "s08", "run")
    address = run.upload_urls("a.txt")["a.txt"]
    with server.database() as holder:
        holder.execute("lock table users, runs, run_files, history_runs" if server.has_postgres else "begin immediate")
        answers = {
            "graphql": server.request("POST", "/graphql", key=user.key, json={"query": UPSERT, "variables": {
                "entity": "alice", "project": "s08", "name": "other"}}),
            "file_stream": run.post({"files": {"wandb-history.jsonl": {"offset": 0, "content": ['{"_step": 0}']}}}),
            "upload": server.request("PUT", address, key=None, data=b"x"),
        }
        holder.execute("rollback")
    for name, answer in answers.items():
        assert answer.status_code == 503, f"{name}: {answer.status_code} {answer.text}"
        assert int(answer.headers["Retry-After"]) > 0, name
    assert run.send_rows(0, [{"_step": 0}]) is not None


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


# ---- 27: signed addresses ----


def parts(address: str) -> tuple[str, str]:
    split = urllib.parse.urlsplit(address)
    return f"{split.scheme}://{split.netloc}{split.path}", split.query


def test_s27__a_signature_is_good_for_its_method_path_size_and_time_only(user):
    run = RunUnderTest(user, "s27", "run")
    put = run.upload_urls("a.txt", "b.txt")
    assert requests.put(put["a.txt"], data=b"bytes", timeout=30).ok
    get = run.files("a.txt")["a.txt"]["directUrl"]
    assert requests.get(get, timeout=30).content == b"bytes"
    assert requests.head(get, timeout=30).status_code == 200
    (put_path, put_query), (get_path, get_query) = parts(put["a.txt"]), parts(get)
    assert put_path == get_path
    forged = {
        "GET with a PUT's": requests.get(f"{get_path}?{put_query}", timeout=30),
        "HEAD with a PUT's": requests.head(f"{get_path}?{put_query}", timeout=30),
        "PUT with a GET's": requests.put(f"{put_path}?{get_query}", data=b"x", timeout=30),
        "another path": requests.put(f"{parts(put['b.txt'])[0]}?{put_query}", data=b"x", timeout=30),
        "none": requests.get(get_path, timeout=30),
    }
    fields = get_query.removeprefix("sig=").split(".")
    for position, name in enumerate(("expiry", "size", "user", "key", "session")):
        changed = [*fields]
        changed[position] = str(int(changed[position]) + 1)
        forged[name] = requests.get(f"{get_path}?sig={'.'.join(changed)}", timeout=30)
    for name, answer in forged.items():
        assert answer.status_code == 403, f"{name}: {answer.status_code}"
    assert requests.get(get, timeout=30).content == b"bytes"


def test_s27__an_address_dies_with_the_key_the_membership_or_the_run(server, user, shared):
    member = User(server, f"{user.name}-leaver")
    assert server.run_cli("team", "member", shared, member.name, "--role", "member").returncode == 0
    made = member.graphql(UPSERT, {"entity": shared, "project": "s27", "name": "run"})["upsertBucket"]["bucket"]
    query = "query Q($e: String!, $n: [String]) { project(name: \"s27\", entityName: $e) { run(name: \"run\") { files(names: $n) {" \
            " uploadHeaders edges { node { uploadUrl directUrl } } } } } }"

    def addresses(asker):
        node = asker.graphql(query, {"e": shared, "n": ["a.txt"]})["project"]["run"]["files"]["edges"][0]["node"]
        return node["uploadUrl"], node["directUrl"]

    put, get = addresses(member)
    assert requests.put(put, data=b"x", timeout=30).ok and requests.get(get, timeout=30).ok
    assert server.run_cli("team", "member", shared, member.name, "--role", "viewer").returncode == 0
    assert requests.put(put, data=b"y", timeout=30).status_code == 403
    assert requests.get(get, timeout=30).ok
    own_put, own_get = addresses(user)
    user.graphql("mutation M($id: ID!) { deleteRun(input: {id: $id}) { success } }", {"id": made["id"]})
    for answer in (requests.put(own_put, data=b"x", timeout=30), requests.get(own_get, timeout=30), requests.get(get, timeout=30)):
        assert answer.status_code in (403, 404, 410), answer.status_code


# ---- 28: secrets stay out of logs and metrics ----


def test_s28__neither_log_nor_metrics_hold_secrets_or_names(make_server):
    server = make_server("--access-log")
    user = User(server, "a-telling-name")
    run = RunUnderTest(user, "telling-project", "telling-run")
    run.put("a.txt", b"x")
    address = run.files("a.txt")["a.txt"]["directUrl"]
    assert requests.get(address, timeout=30).ok
    server.request("GET", "/files/x/%1b%5b31m/y/z", key=user.key)
    log = server.log()
    signature = parts(address)[1].split(".")[-1]
    assert "/signed/runs/" in log and signature not in log and user.key not in log
    assert "\x1b" not in log
    metrics = server.request("GET", "/metrics", key=None).text
    assert "telling" not in metrics and "barograph_" in metrics


def test_s28__the_first_key_may_come_from_a_file(make_server, tmp_path):
    key = "k" * 40
    (tmp_path / "key").write_text(key + "\n")
    server = make_server("--admin-key-file", str(tmp_path / "key"))
    assert server.request("GET", "/api/admin/users", key=key).status_code == 200
    assert key not in Path(f"/proc/{server.process.pid}/cmdline").read_text() and key not in server.log()


# ---- 29: how the program is built ----


def read_elf(binary: Path, *options: str) -> str:
    if shutil.which("readelf") is None:
        pytest.skip("needs readelf")
    return subprocess.run(["readelf", "--wide", *options, binary], capture_output=True, text=True, check=True).stdout


def test_s29__the_program_is_hardened(binary):
    assert "Type:                              DYN" in read_elf(binary, "--file-header"), "not position independent"
    segments = read_elf(binary, "--segments")
    assert "GNU_RELRO" in segments
    stack = re.search(r"GNU_STACK.*", segments)[0]
    assert " E" not in stack.split("0x")[-2] + stack, f"the stack may be executed: {stack}"
    assert re.search(r"BIND_NOW|FLAGS_1.*NOW", read_elf(binary, "--dynamic"))
    symbols = read_elf(binary, "--dyn-syms")
    assert "__stack_chk_fail" in symbols
    if "__asan_init" not in read_elf(binary, "--syms"):
        assert re.search(r"__(memcpy|snprintf|vsnprintf|memset|read)_chk", symbols), "built without FORTIFY"


def test_s29__the_process_is_confined_to_its_data_folder(make_server, binary):
    if "__asan_init" in read_elf(binary, "--syms"):
        pytest.skip("a sanitizer runs other programs")
    server = make_server()
    if "cannot confine" in server.log():
        pytest.skip("this kernel has no Landlock")
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    assert re.search(r"NoNewPrivs:\s+1", status)
    for task in Path(f"/proc/{server.process.pid}/task").iterdir():
        assert re.search(r"NoNewPrivs:\s+1", (task / "status").read_text()), "a thread was started before"


def test_s29__certificates_reload_also_when_confined(make_server, tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    cert, key = tmp_path / "tls" / "cert.pem", tmp_path / "tls" / "key.pem"
    cert.parent.mkdir()

    def renew(name):
        new = [cert.with_suffix(".new"), key.with_suffix(".new")]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={name}", "-addext",
                        "subjectAltName=IP:127.0.0.1", "-keyout", new[1], "-out", new[0]], check=True, capture_output=True)
        new[1].rename(key)
        new[0].rename(cert)

    def shows_the_certificate():
        shown = ssl.get_server_certificate(("127.0.0.1", int(server.listen.rsplit(":", 1)[1])))
        return shown == cert.read_text()

    renew("first")
    server = make_server("--tls-cert", str(cert), "--tls-key", str(key))
    assert shows_the_certificate()
    renew("second")
    limit = time.monotonic() + 10
    while not shows_the_certificate():
        assert time.monotonic() < limit, server.log()
        time.sleep(0.2)


# ---- 30: what one request may cost ----


def test_s30__a_body_of_many_small_values_takes_no_gigabytes(make_server):
    server = make_server()
    before = peak_bytes(server)
    body = b'{"query": "{ serverInfo { __typename } }", "variables": {"a": [' + b"0," * (12 * MIB) + b"0]}}"
    answer = server.request("POST", "/graphql", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413, answer.text[:200]
    assert peak_bytes(server) - before < 400 * MIB


def slow_bodies(server, count, authorization):
    """Requests with large bodies whose last byte does not come."""
    head = f"POST /graphql HTTP/1.1\r\nHost: localhost\r\n{authorization}Content-Length: {64 * MIB}\r\n\r\n".encode()
    host, port = server.listen.rsplit(":", 1)
    sockets = []
    for _ in range(count):
        sockets.append(socket.create_connection((host, int(port)), timeout=30))
        try:
            sockets[-1].sendall(head + bytes(64 * MIB - 1))
        except OSError:
            pass  # refused while it was sent
    return sockets


def test_s25__nobody_fills_the_memory_for_bodies(make_server):
    server = make_server()
    run = RunUnderTest(User(server, "alice"), "s25", "run")
    before = peak_bytes(server)
    sockets = slow_bodies(server, 20, "")
    assert run.send_rows(0, [{"_step": 0}]) is not None
    assert peak_bytes(server) - before < 100 * MIB
    for each in sockets:
        each.close()


def test_s25__slow_large_bodies_of_one_do_not_keep_out_small_ones_of_others(make_server):
    server = make_server()
    run = RunUnderTest(User(server, "alice"), "s25", "run")
    basic = base64.b64encode(f"api:{User(server, 'mallory').key}".encode()).decode()
    sockets = slow_bodies(server, 18, f"Authorization: Basic {basic}\r\n")
    assert run.send_rows(0, [{"_step": 0}]) is not None
    for each in sockets:
        each.close()


def test_s30__large_metadata_is_not_read_once_for_each_announced_file(make_server):
    server = make_server()
    user = User(server, "alice")
    draft = Draft(user, "s30", metadata=json.dumps({"a": "x" * (4 * MIB)}))
    before = peak_bytes(server)
    assert len(draft.announce(*((f"{i}.bin", b"%d" % i) for i in range(1000)))) == 1000
    assert peak_bytes(server) - before < 200 * MIB


def test_s30__a_list_of_large_rows_is_refused_rather_than_read_into_memory(make_server):
    server = make_server()
    user = User(server, "alice")
    for name in ("a", "b"):
        draft = Draft(user, "s30", name, metadata=json.dumps({"a": "x" * (15 * MIB)}))
        assert draft.put_manifest({}).ok and draft.commit()
    again = " ".join(f'a{i}: artifact(id: "{draft.id}") {{ metadata }}' for i in range(200))
    answer = server.request("POST", "/graphql", key=user.key, json={"query": f"{{ {again} }}"})
    assert answer.status_code == 400 and answer.json()["errors"][0]["extensions"]["code"] == "TOO_LARGE"
    identifiers = " ".join(f'a{i}: artifact(id: "{draft.id}") {{ id }}' for i in range(200))
    assert server.request("POST", "/graphql", key=user.key, json={"query": f"{{ {identifiers} }}"}).status_code == 200
    assert peak_bytes(server) < 1500 * MIB


def test_s30__structured_console_lines_take_no_more_memory_than_their_text(make_server):
    server = make_server()
    run = RunUnderTest(User(server, "alice"), "s30", "run")
    line = '{"content": "shown", "more": [' + "0," * 400_000 + "0]}"
    run.send("output.log", 0, [line] * 60)
    before = peak_bytes(server)
    query = """{ project(name: "s30", entityName: "alice") { run(name: "run") { logLines(first: 1000) { edges { node { line } } } } } }"""
    edges = run.user.graphql(query)["project"]["run"]["logLines"]["edges"]
    assert [edge["node"]["line"] for edge in edges] == ["shown"] * 60
    assert peak_bytes(server) - before < 400 * MIB


def test_s26__two_hundred_log_ins_at_once_take_little_memory(make_server):
    server = make_server()
    before = peak_bytes(server)

    def log_in(number):
        body = {"username": f"nobody{number}", "password": "wrong password"}
        return server.request("POST", "/api/session", key=None, json=body, timeout=120)

    with concurrent.futures.ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(log_in, range(200)))
    assert {answer.status_code for answer in answers} <= {401, 429}
    assert all("Retry-After" in answer.headers for answer in answers if answer.status_code == 429)
    assert 429 in {answer.status_code for answer in answers}
    assert peak_bytes(server) - before < 2 * 64 * MIB + 150 * MIB
    assert server.request("GET", "/healthz", key=None).status_code == 200


def test_s26__log_ins_do_not_keep_others_waiting(make_server):
    server = make_server()
    run = RunUnderTest(User(server, "alice"), "s26", "run")

    def log_in(number):
        body = {"username": f"nobody{number}", "password": "wrong password"}
        return server.request("POST", "/api/session", key=None, json=body, timeout=120)

    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        asked = [pool.submit(log_in, number) for number in range(200)]
        worst, step = 0.0, 0
        while not all(each.done() for each in asked):
            began = time.monotonic()
            run.send_rows(step, [{"_step": step}])
            worst, step = max(worst, time.monotonic() - began), step + 1
    assert worst < 3


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a|aa)+$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*){1,1000}x", "a{1000}{1000}"])
def test_s30__a_regular_expression_takes_bounded_time(server, user, pattern):
    RunUnderTest(user, "s30-regex", "run", {"text": {"value": "a" * 1_000_000 + "!"}})
    query = "query Q($e: String!, $f: JSONString) { project(name: \"s30-regex\", entityName: $e) { runs(filters: $f) { totalCount } } }"
    began = time.monotonic()
    server.request("POST", "/graphql", key=user.key, json={"query": query, "variables": {
        "e": user.name, "f": json.dumps({"config.text.value": {"$regex": pattern}})}})
    assert time.monotonic() - began < 10


def test_s30__one_field_a_thousand_times_does_not_ask_a_thousand_times_for_long(server, user):
    RunUnderTest(user, "s30-aliases", "run")
    aliases = " ".join(f"a{i}: project(name: \"s30-aliases\") {{ runs(first: 1000) {{ edges {{ node {{ id }} }} }} }}" for i in range(6000))
    answer = server.request("POST", "/graphql", key=user.key, json={"query": f"{{ {aliases} }}"}, timeout=60)
    assert answer.status_code == 400 and answer.json()["errors"][0]["extensions"]["code"] == "TOO_LARGE"


def test_s30__aliases_are_bounded_before_they_are_stored(user):
    draft = Draft(user, "s30-alias")
    assert draft.put_manifest({}).ok and draft.commit()
    link = """mutation M($input: LinkArtifactInput!) { linkArtifact(input: $input) { versionIndex } }"""
    update = """mutation M($input: UpdateArtifactInput!) { updateArtifact(input: $input) { artifact { id } } }"""
    aliases = [{"artifactCollectionName": "data", "alias": "x" * 200}]
    with pytest.raises(GraphQLError, match="the alias has 200 bytes"):
        user.graphql(update, {"input": {"artifactID": draft.id, "aliases": aliases}})
    with pytest.raises(GraphQLError, match="the alias has 200 bytes"):
        user.graphql(link, {"input": {"artifactID": draft.id, "artifactPortfolioName": "p", "entityName": user.name,
                                      "projectName": "s30-alias", "aliases": aliases}})
    with pytest.raises(GraphQLError, match="the alias has 200 bytes"):
        Draft(user, "s30-alias", "more", aliases=aliases)


# ---- 32: numbers from outside ----


def test_s32__sizes_that_add_up_to_more_than_fits_are_refused(user):
    draft = Draft(user, "s32")
    huge = {"digest": "x", "size": (1 << 63) - 1, "ref": "s3://bucket/x"}
    assert draft.put_manifest({"a": huge, "b": huge}).ok
    with pytest.raises(GraphQLError, match="more than any store holds"):
        draft.commit()


@pytest.mark.parametrize("field", ["history(minStep: -9223372036854775808, maxStep: 9223372036854775807)",
                                   "history(minStep: 9223372036854775807, maxStep: -9223372036854775808)",
                                   "logLines(first: 2147483647, last: -2147483648) { totalCount }",
                                   "files(first: 2147483647) { totalCount }", "history(samples: 2147483647)",
                                   "history(samples: -1)", "events(samples: 10000000)", 'files(pattern: "%_%_%_%_%_%_%_%_%_%_%x") { totalCount }',
                                   'outputArtifacts(first: -5, after: "18446744073709551615") { totalCount }'])
def test_s32__numbers_at_the_ends_of_their_range_are_only_numbers(server, user, field):
    run = RunUnderTest(user, "s32", "run")
    run.send_rows(0, [{"_step": 0, "a": 1}, {"_step": (1 << 63) - 1, "a": 2}, {"_step": -(1 << 63), "a": 1e308}])
    run.put("a" * 200, b"x")
    size = len(server.log())
    query = f'query Q($e: String!) {{ project(name: "s32", entityName: $e) {{ run(name: "run") {{ {field} }} }} }}'
    answer = server.request("POST", "/graphql", key=user.key, json={"query": query, "variables": {"e": user.name}})
    assert answer.status_code in (200, 400), answer.text
    assert "runtime error" not in server.log(size) and "INTERNAL" not in answer.text


@pytest.mark.parametrize("spec", [{"keys": ["a"], "samples": 10_000_000, "minStep": -(1 << 63), "maxStep": (1 << 63) - 1},
                                  {"keys": ["a"], "samples": 1, "minStep": (1 << 63) - 1, "maxStep": -(1 << 63)},
                                  {"keys": [""], "samples": 5}, {"keys": ["_step"] * 10_000, "samples": 10_000_000},
                                  {"keys": ["a", "b" * 70_000], "samples": 1e300}, {"keys": ["a"], "minStep": 1e300}])
def test_s32__samples_at_the_ends_of_their_range_are_only_samples(server, user, spec):
    run = RunUnderTest(user, "s32", "samples")
    run.send_rows(0, [{"_step": -(1 << 63), "a": 1e308}, {"_step": 0, "a": -1e308}, {"_step": (1 << 63) - 1, "a": 2}])
    size = len(server.log())
    query = 'query Q($e: String!, $s: [JSONString!]!) { project(name: "s32", entityName: $e) { run(name: "samples") { sampledHistory(specs: $s) } } }'
    answer = server.request("POST", "/graphql", key=user.key, json={"query": query, "variables": {"e": user.name, "s": [json.dumps(spec)]}})
    assert answer.status_code == 200, answer.text
    assert "runtime error" not in server.log(size) and "INTERNAL" not in answer.text


@pytest.mark.parametrize("more", [{}, {"x": "b"}, {"min": -1.7e308, "max": 1.7e308}, {"x": "b", "min": 1e308, "max": -1e308},
                                  {"buckets": 1}, {"buckets": 65536, "x": "b"}, {"min": 5e-324, "max": 5e-324}])
def test_s32__a_chart_of_the_largest_numbers_is_only_a_chart(server, user, more):
    run = RunUnderTest(user, "s32", "chart")
    rows = [{"_step": i, "a": (-1) ** i * 1.7e308, "b": (-1) ** (i // 2) * 1.7e308} for i in range(3000)]
    run.send_rows(0, rows)
    size = len(server.log())
    body = {"entity": user.name, "project": "s32", "runs": ["chart"], "keys": ["a", "b"], **more}
    answer = server.request("POST", "/api/history/buckets", key=user.key, json=body)
    assert answer.status_code == 200, answer.text
    assert "runtime error" not in server.log(size)


# ---- 34: hostile names ----


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/passwd", "a//b", "a\\..\\b", "a\0b", ".", "a/.", "x" * 2000])
def test_s34__a_manifest_with_a_hostile_path_is_refused_whole(user, path):
    draft = Draft(user, "s34")
    assert draft.put_manifest({path: {"digest": md5_of(b""), "size": 0, "ref": "s3://bucket/x"}}).ok
    with pytest.raises(GraphQLError) as refusal:
        draft.commit()
    assert refusal.value.code == "BAD_USER_INPUT"


# ---- 3 and 4: every field and mutation, with every kind of id ----


def node_id(kind: str, number: int) -> str:
    return base64.b64encode(f"{kind}:{number}".encode()).decode()


@pytest.fixture
def full_world(make_server):
    """As of the walk of who may ask, with one of each thing that has an id."""
    server = make_server()
    world = walk.World(server, User(server, "owner"))
    run = RunUnderTest(world.owner, "private", "secret-run")
    run.put("a.txt", b"bytes")
    content = b"the artifact's"
    draft = Draft(world.owner, "private", "secret-run")
    assert requests.put(draft.announce(("a", content))["a"], data=content, timeout=30).ok
    assert draft.put_manifest({"a": entry(content)}).ok and draft.commit()
    unfinished = Draft(world.owner, "private", "more")
    collection = "query Q($id: ID!) { artifact(id: $id) { artifactSequence { id } } }"
    world.ids |= {
        "artifact": draft.id,
        "draft": unfinished.id,
        "manifest": unfinished.manifest["id"],
        "file": run.files("a.txt")["a.txt"]["id"],
        "collection": world.owner.graphql(collection, {"id": draft.id})["artifact"]["artifactSequence"]["id"],
    }
    return world


ABSENT = {**walk.ABSENT_IDS, "artifact": node_id("Artifact", 999999), "draft": node_id("Artifact", 999998),
          "manifest": node_id("ArtifactManifest", 999999), "file": node_id("RunFile", 999999),
          "collection": node_id("ArtifactCollection", 999999)}


def walk_as(world, key, roots, but=frozenset()):
    """What changed something, and what told of something, as one list of complaints."""
    absent_names = {word: walk.absent(value) for word, value in world.names.items()}
    for root in roots:
        for field in walk.fields_of(world, root):
            if field["name"] in walk.OPEN | walk.OWN | but:
                continue
            for kind, there in world.ids.items():
                before = world.rows()
                query, variables = walk.document(world, root, field, walk.Filler(world, world.names, there))
                answer = walk.ask(world, key, query, variables)
                if world.rows() != before:
                    yield f"{field['name']} with a {kind} changed something: {answer}"
                query, variables = walk.document(world, root, field, walk.Filler(world, absent_names, ABSENT[kind]))
                other = walk.ask(world, key, query, variables)
                if walk.plain(answer, world.names, there) != walk.plain(other, absent_names, ABSENT[kind]):
                    yield f"{field['name']} with a {kind}: {answer} is not {other}"


@pytest.mark.parametrize("root", ["Query", "Mutation"])
def test_s04__no_id_of_another_project_is_found_anywhere(full_world, root):
    stranger = User(full_world.server, "strangers")
    wrong = list(walk_as(full_world, stranger.key, [root]))
    assert not wrong, "\n".join(wrong)


def test_s03__a_member_does_not_do_what_is_for_administrators(server, user, shared, make_user):
    member, other = make_user(), make_user()
    assert server.run_cli("team", "member", shared, member.name, "--role", "member").returncode == 0
    project = user.graphql(UPSERT, {"entity": shared, "project": "s03", "name": "run"}) and user.graphql(
        'query Q($e: String!) { project(name: "s03", entityName: $e) { id } }', {"e": shared})["project"]["id"]
    key = user.graphql("{ viewer { apiKeys { edges { node { id } } } } }")["viewer"]["apiKeys"]["edges"][0]["node"]["id"]
    tried = {
        "deleteModel": ({"id": project}, "success"),
        "upsertModel": ({"id": project, "access": "USER_READ"}, "inserted"),
        "createInvite": ({"entityName": shared, "username": other.name, "admin": False}, "clientMutationId"),
        "createServiceAccount": ({"entityName": shared, "description": "x"}, "clientMutationId"),
        "deleteApiKey": ({"id": key}, "success"),
        "createUser": ({"email": "x@example.org", "admin": True}, "clientMutationId"),
    }
    for name, (variables, _) in tried.items():
        kind = name[0].upper() + name[1:] + "Input!"
        answer = server.request("POST", "/graphql", key=member.key, json={
            "query": f"mutation M($input: {kind}) {{ {name}(input: $input) {{ __typename }} }}", "variables": {"input": variables}}).json()
        codes = {error["extensions"]["code"] for error in answer["errors"]}
        assert codes <= {"FORBIDDEN", "NOT_FOUND"}, f"{name}: {answer}"
        assert not any((answer.get("data") or {}).values()), name
