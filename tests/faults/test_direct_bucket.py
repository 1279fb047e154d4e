"""Clients that are sent to the bucket, "direct=on": what they put there is believed only once the server has read it."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from urllib.parse import urlsplit

import pytest
import requests

from tests.api.test_artifact_parts import COMMIT, FILES, MANIFEST, Draft, b64, refusal
from tests.conftest import User

CONTENTS = {"a.txt": b"alpha", "empty": b"", "folder/b é.bin": bytes(range(256)) * 20000}


@pytest.fixture
def server(start, bucket_store, tmp_path, request):
    address = f"s3://{request.node.name[:40].replace('_', '-')}/team?endpoint={bucket_store.endpoint}&direct=on"
    return start(tmp_path / "data", "--blobs", address, env=bucket_store.env)


class DirectDraft(Draft):
    def announce_files(self, contents) -> dict[str, dict]:
        wanted = [{"artifactID": self.id, "name": name, "md5": b64(content)} for name, content in contents.items()]
        query = FILES.replace("uploadUrl\n", "uploadUrl uploadHeaders\n")
        edges = self.user.graphql(query, {"input": {"artifactFiles": wanted}})["createArtifactFiles"]["files"]["edges"]
        return {edge["node"]["storagePath"]: edge["node"] for edge in edges}

    def put_files(self, contents) -> dict[str, dict]:
        nodes = self.announce_files(contents)
        for name, content in contents.items():
            answer = put(nodes[name], content)
            assert answer.status_code == 200, answer.text
        return nodes

    def put_manifest(self, contents) -> None:
        entries = {name: {"digest": b64(content), "size": len(content)} for name, content in contents.items()}
        manifest = {"version": 1, "storagePolicy": "wandb-storage-policy-v1", "storagePolicyConfig": {"storageLayout": "V2"},
                    "contents": entries}  # fmt: skip
        given = {"artifactID": self.id, "name": "wandb_manifest.json", "digest": "x", "entityName": self.user.name, "projectName": "p"}
        url = self.user.graphql(MANIFEST, {"input": given})["createArtifactManifest"]["artifactManifest"]["file"]["uploadUrl"]
        self.put(url, json.dumps(manifest).encode())

    def commit(self) -> dict[str, str]:
        """Where each file is to be fetched."""
        query = COMMIT.replace("node { directUrl }", "node { name directUrl }")
        edges = self.user.graphql(query, {"id": self.id})["commitArtifact"]["artifact"]["files"]["edges"]
        return {edge["node"]["name"]: edge["node"]["directUrl"] for edge in edges}

    def commit_files(self, contents) -> dict[str, str]:
        self.put_manifest(contents)
        return self.commit()


def put(node, content: bytes) -> requests.Response:
    headers = dict(header.split(":", 1) for header in node["uploadHeaders"])
    return requests.put(node["uploadUrl"], data=content, headers=headers, timeout=30)


def counted(server, name: str) -> int:
    return int(re.search(rf"^{name} (\d+)", server.request("GET", "/metrics", key=None).text, re.MULTILINE).group(1))


def forget_cache(server):
    server.stop()
    shutil.rmtree(server.data / "blobs")
    server.start()


def test_files__go_to_the_bucket_and_come_from_there(server, bucket_store):
    draft = DirectDraft(User(server, "alice"))
    nodes = draft.put_files(CONTENTS)
    assert all(node["uploadUrl"].startswith(bucket_store.endpoint) for node in nodes.values())
    urls = draft.commit_files(CONTENTS)
    assert counted(server, "barograph_http_received_bytes_total") < 100_000
    forget_cache(server)
    for name, content in CONTENTS.items():
        answer = requests.get(urls[name], timeout=30)
        assert answer.content == content
        assert answer.history[0].status_code == 302 and answer.url.startswith(bucket_store.endpoint)
        if content:
            assert requests.get(urls[name], headers={"Range": "bytes=1-3"}, timeout=30).content == content[1:4]
    assert counted(server, "barograph_http_sent_bytes_total") < 100_000


def test_browsers__are_answered_by_the_server(server):
    draft = DirectDraft(User(server, "alice"))
    draft.put_files(CONTENTS)
    urls = draft.commit_files(CONTENTS)
    forget_cache(server)
    answer = requests.get(urls["a.txt"], headers={"Sec-Fetch-Mode": "cors"}, timeout=30)
    assert answer.content == CONTENTS["a.txt"] and not answer.history
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_other_bytes__are_refused_by_the_bucket_and_by_the_commit(server):
    draft = DirectDraft(User(server, "alice"))
    node = draft.announce_files({"a.txt": b"alpha"})["a.txt"]
    assert put(node, b"other").status_code == 400
    assert requests.put(node["uploadUrl"], data=b"other", timeout=30).status_code == 200  # who does not say what it should be
    assert "were not uploaded" in str(refusal(draft.commit_files, {"a.txt": b"alpha"}))
    draft.put_files({"a.txt": b"alpha"})
    assert requests.get(draft.commit_files({"a.txt": b"alpha"})["a.txt"], timeout=30).content == b"alpha"


def test_what_never_came__is_missed_at_the_commit(server):
    draft = DirectDraft(User(server, "alice"))
    draft.announce_files({"a.txt": b"alpha"})
    assert "were not uploaded" in str(refusal(draft.commit_files, {"a.txt": b"alpha"}))


def test_what_others_put_there__is_nobody_elses(server):
    """Who knows a digest has not the bytes: neither of another draft nor of another tenant."""
    DirectDraft(User(server, "alice")).put_files({"a.txt": b"alpha"})
    thief = DirectDraft(User(server, "mallory"))
    assert thief.announce_files({"a.txt": b"alpha"})["a.txt"]["uploadUrl"]
    assert "were not uploaded" in str(refusal(thief.commit_files, {"a.txt": b"alpha"}))


def test_address__changes_nothing_once_it_was_committed(server):
    draft = DirectDraft(User(server, "alice"))
    node = draft.put_files({"a.txt": b"alpha"})["a.txt"]
    url = draft.commit_files({"a.txt": b"alpha"})["a.txt"]
    assert requests.put(node["uploadUrl"], data=b"wrong", timeout=30).status_code == 200
    forget_cache(server)
    assert requests.get(url, timeout=30).content == b"alpha"


def test_address__is_for_one_file_and_signed(server):
    draft = DirectDraft(User(server, "alice"))
    node = draft.announce_files({"a.txt": b"alpha"})["a.txt"]
    parts = urlsplit(node["uploadUrl"])
    elsewhere = parts._replace(path=parts.path[:-1] + ("0" if parts.path[-1] != "0" else "1")).geturl()
    assert requests.put(elsewhere, data=b"alpha", timeout=30).status_code == 403
    assert requests.get(node["uploadUrl"], timeout=30).status_code == 403


def test_known_bytes__are_not_asked_for_again(server):
    user = User(server, "alice")
    first = DirectDraft(user)
    first.put_files(CONTENTS)
    first.commit_files(CONTENTS)
    second = DirectDraft(user, "d")
    assert all(node["uploadUrl"] is None for node in second.announce_files(CONTENTS).values())
    second.commit_files(CONTENTS)


def test_bucket_away_at_the_commit__is_503_and_then_goes_on(server, bucket_store):
    draft = DirectDraft(User(server, "alice"))
    many = {f"{number}.txt": b"%d" % number for number in range(200)}
    draft.put_files(many)
    draft.put_manifest(many)
    bucket_store.stop()
    try:
        assert refusal(draft.commit).status == 503
    finally:
        bucket_store.start()
    for name, url in draft.commit().items():
        assert requests.get(url, timeout=30).content == many[name]


def test_parts__go_to_the_bucket_too(server, bucket_store):
    draft = Draft(User(server, "alice"))
    contents = [b"a" * 6_000_000, b"b" * 6_000_000, b"the end"]
    node = draft.announce(contents)
    urls = [part["uploadUrl"] for part in node["uploadMultipartUrls"]["uploadUrlParts"]]
    assert all(url.startswith(bucket_store.endpoint) for url in urls)
    named = [{"partNumber": number + 1, "hexMD5": draft.put(url, part)} for number, (url, part) in enumerate(zip(urls, contents, strict=True))]
    assert draft.complete(node, named) == b64(b"".join(contents))
    assert counted(server, "barograph_http_received_bytes_total") < 100_000
    wrong = [{**named[0], "hexMD5": hashlib.md5(b"never").hexdigest()}, *named[1:]]
    assert "send it again" in str(refusal(draft.complete, node, wrong))
