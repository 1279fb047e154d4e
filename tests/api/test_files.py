"""Run files: uploads by signed address, downloads, ranges, and names that try to leave the folder."""

from __future__ import annotations

import base64
import hashlib

import pytest

from tests.support.protocol import RunUnderTest

CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def run(user) -> RunUnderTest:
    return RunUnderTest(user, "files", "run")


def test_upload__is_listed_and_downloaded(run):
    assert run.put("a folder/bytes é.bin", CONTENT).ok
    file = run.files()["a folder/bytes é.bin"]
    assert int(file["sizeBytes"]) == len(CONTENT)
    digest = hashlib.md5(CONTENT).digest()
    assert file["md5"] in (digest.hex(), base64.b64encode(digest).decode())
    for address in (file["url"], file["directUrl"]):
        assert run.server.request("GET", address, key=run.user.key).content == CONTENT


def test_name__is_found_with_a_dot_before_it_too(run):
    assert run.put("a.txt", CONTENT).ok
    query = """query($p: String!, $e: String!, $r: String!, $n: [String]) { project(name: $p, entityName: $e) { run(name: $r) {
        files(names: $n) { edges { node { name } } } } } }"""
    asked = {"p": "files", "e": run.user.name, "r": "run", "n": ["././a.txt", "./b.txt"]}
    edges = run.user.graphql(query, asked)["project"]["run"]["files"]["edges"]
    assert [edge["node"]["name"] for edge in edges] == ["a.txt"]


def test_address__tells_pages_of_others_what_they_may_ask(run):
    assert run.put("a.txt", CONTENT).ok
    file = run.files()["a.txt"]
    for address in (file["url"], file["directUrl"]):
        told = run.server.request("OPTIONS", address, key=None, headers={"Origin": "http://elsewhere.example"})
        assert (told.status_code, told.headers["Access-Control-Allow-Origin"]) == (204, "*")


def test_upload__is_answered_without_a_body(run):
    """One that nobody reads would cost the official client a connection for each file."""
    answer = run.put("x.bin", CONTENT)
    assert answer.ok and answer.headers["Content-Length"] == "0" and "Connection" not in answer.headers


def digests(content: bytes, md5_of: bytes | None = None) -> dict[str, str]:
    told = {"sha-256": hashlib.sha256(content).digest()} | ({} if md5_of is None else {"md5": hashlib.md5(md5_of).digest()})
    return {"Repr-Digest": ", ".join(f"{name}=:{base64.b64encode(digest).decode()}:" for name, digest in told.items())}


def test_upload__is_held_against_the_digest_that_comes_with_it(run):
    answer = run.put("x.bin", CONTENT, **digests(CONTENT))
    assert answer.ok and answer.headers["Repr-Digest"] == digests(CONTENT)["Repr-Digest"]
    refused = run.put("y.bin", CONTENT[:-1], **digests(CONTENT))
    assert refused.status_code == 400 and "SHA-256" in refused.json()["error"]
    assert "y.bin" not in run.files() or not int(run.files()["y.bin"]["sizeBytes"])


def test_upload__takes_an_md5_that_comes_with_the_right_digest(run):
    assert run.put("x.bin", CONTENT, **digests(CONTENT, md5_of=b"another")).ok
    assert run.files()["x.bin"]["md5"] == base64.b64encode(hashlib.md5(b"another").digest()).decode()
    only_md5 = digests(CONTENT, md5_of=b"another")["Repr-Digest"].partition(", ")[2]
    assert run.put("y.bin", CONTENT, **{"Repr-Digest": only_md5}).ok
    assert run.files()["y.bin"]["md5"] == base64.b64encode(hashlib.md5(CONTENT).digest()).decode()


def test_download__tells_its_digests(run):
    run.put("x.bin", CONTENT)
    address = run.files("x.bin")["x.bin"]["directUrl"]
    for headers in ({}, {"Range": "bytes=10-19"}):
        answer = run.server.request("GET", address, key=None, headers=headers)
        assert answer.headers["Repr-Digest"] == digests(CONTENT, md5_of=CONTENT)["Repr-Digest"]


def test_direct_address__needs_no_credentials(run):
    run.put("x.bin", CONTENT)
    address = run.files("x.bin")["x.bin"]["directUrl"]
    assert run.server.request("GET", address, key=None).content == CONTENT


def test_range__is_answered(run):
    run.put("x.bin", CONTENT)
    address = run.files("x.bin")["x.bin"]["directUrl"]
    part = run.server.request("GET", address, key=None, headers={"Range": "bytes=10-19"})
    assert part.status_code == 206 and part.content == CONTENT[10:20]
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(CONTENT)}"
    tail = run.server.request("GET", address, key=None, headers={"Range": "bytes=-5"})
    assert tail.content == CONTENT[-5:]
    beyond = run.server.request("GET", address, key=None, headers={"Range": "bytes=9999999-"})
    assert beyond.status_code == 416


def test_etag__saves_a_second_download(run):
    run.put("x.bin", CONTENT)
    address = run.files("x.bin")["x.bin"]["directUrl"]
    etag = run.server.request("GET", address, key=None).headers["ETag"]
    assert run.server.request("GET", address, key=None, headers={"If-None-Match": etag}).status_code == 304


def test_upload_again__replaces(run):
    run.put("x.txt", b"one")
    run.put("x.txt", b"two, longer")
    assert list(run.files()) == ["x.txt"]
    assert run.server.request("GET", run.files()["x.txt"]["directUrl"], key=None).content == b"two, longer"


def test_empty_file__is_a_file(run):
    assert run.put("empty", b"").ok
    assert int(run.files()["empty"]["sizeBytes"]) == 0


def test_address__is_good_for_its_one_path_and_method(run):
    urls = run.upload_urls("mine.txt")
    url = urls["mine.txt"]
    assert run.server.request("PUT", url.replace("mine.txt", "yours.txt"), key=None, data=b"x").status_code in (401, 403, 404)
    head, _, tail = url.partition("?")
    assert run.server.request("PUT", head, key=None, data=b"x").status_code in (401, 403)
    forged = f"{head}?{tail[:-1]}{'a' if tail[-1] != 'a' else 'b'}"
    assert run.server.request("PUT", forged, key=None, data=b"x").status_code in (401, 403)
    assert run.server.request("PUT", url, key=None, data=b"x").ok
    assert run.server.request("GET", url, key=None).status_code in (401, 403, 404, 405)


@pytest.mark.parametrize("name", ["../out.txt", "/etc/passwd", "a/../../out.txt", "a\x00b", "..", "a//b", ".", ""])
def test_names_that_leave_the_folder__are_refused(run, name):
    from tests.support.server import GraphQLError

    with pytest.raises(GraphQLError) as refusal:
        run.upload_urls(name)
    assert refusal.value.status < 500
    assert run.files() == {}


def test_delete__removes_the_file(run):
    run.put("x.txt", b"x")
    run.put("y.txt", b"y")
    ids = [run.files()["x.txt"]["id"]]
    mutation = "mutation D($files: [ID!]!) { deleteFiles(input: {files: $files}) { success } }"
    assert run.user.graphql(mutation, {"files": ids})["deleteFiles"]["success"]
    assert list(run.files()) == ["y.txt"]


def test_other_tenant__sees_and_gets_nothing(run, make_user):
    run.put("x.txt", b"secret")
    other = make_user()
    url = run.files()["x.txt"]["url"]
    mine = run.server.request("GET", url, key=run.user.key)
    assert mine.content == b"secret"
    path = f"/files/{run.user.name}/{run.project}/{run.name}/x.txt"
    assert run.server.request("GET", path, key=run.user.key).content == b"secret"
    theirs = run.server.request("GET", path, key=other.key)
    assert theirs.status_code in (403, 404) and b"secret" not in theirs.content
    missing = run.server.request("GET", path + "x", key=other.key)
    assert missing.status_code == theirs.status_code


@pytest.mark.parametrize("name", ["page.html", "image.svg", "script.js", "doc.pdf", "feed.xml"])
def test_logged_content__never_runs_in_our_origin(run, name):
    run.put(name, b"<script>alert(1)</script>")
    response = run.server.request("GET", run.files()[name]["directUrl"], key=None)
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "javascript" not in response.headers.get("Content-Type", "")
