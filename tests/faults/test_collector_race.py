"""Two servers over one database and one bucket: the one removes bytes that nobody has any more while they are logged again through
the other. What was answered stays."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.test_artifact_parts import MANIFEST, Draft, named
from tests.support.odd_bucket import OddBucket
from tests.support.postgres import make_database
from tests.support.waiting import wait_until

KEY, SECRET = "collector-race-" + "k" * 40, "5e" * 32
FILES, ROUNDS, LIMIT_S = 12, 4, 120
FILES_OF = """mutation($input: CreateArtifactFilesInput!) { createArtifactFiles(input: $input) { files { edges { node { uploadUrl } } } } }"""
COMMIT = "mutation($id: ID!) { commitArtifact(input: {artifactID: $id}) { artifact { files { edges { node { name directUrl } } } } } }"


@pytest.fixture
def slow_bucket(bucket_store):
    """It takes its time to remove blobs."""
    bucket = OddBucket(bucket_store.endpoint)
    rng = random.Random(5)

    def rule(request):
        if request.method == "DELETE" and "/blobs/" in request.path:
            time.sleep(rng.uniform(0, 0.4))

    bucket.rule = rule
    yield bucket
    bucket.stop()


@pytest.fixture
def start_one(start, tmp_path, postgres, slow_bucket, bucket_store):
    database = make_database(postgres.url, "collector-race")

    def start_it(number: int):
        address = f"s3://collector-race/team?endpoint={slow_bucket.endpoint}"
        env = {**bucket_store.env, "BAROGRAPH_SECRET": SECRET, "BAROGRAPH_ADMIN_KEY": KEY}
        return start(tmp_path / f"data{number}", "--database", database, "--blobs", address, "--clean-every-s", "1", env=env)

    return start_it


def md5(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content).digest()).decode()


class Administrator:
    """At one server; comes again where it is told to."""

    name, key = "admin", KEY

    def __init__(self, server):
        self.server, self.refusals = server, 0

    def graphql(self, query: str, variables: dict | None = None) -> dict:
        return self.server.graphql(query, variables, key=KEY)

    def put(self, url: str, content: bytes) -> None:
        limit = time.monotonic() + LIMIT_S
        while (answer := self.server.request("PUT", url, key=None, data=content)).status_code == 503:
            self.refusals += 1
            assert time.monotonic() < limit
            time.sleep(0.02)
        assert answer.status_code == 200, answer.text


def leave_as_garbage(asker: Administrator, contents, name: str) -> None:
    """As parts of a large file, which are let go once that is there."""
    draft = Draft(asker, name)
    node = draft.announce(contents)
    urls = [each["uploadUrl"] for each in node["uploadMultipartUrls"]["uploadUrlParts"]]
    with ThreadPoolExecutor(FILES) as pool:
        etags = list(pool.map(draft.put, urls, contents))
    draft.complete(node, named(etags))


def log_again(asker: Administrator, contents, name: str, rng: random.Random) -> dict[str, str]:
    """One version with a file for each: their addresses by their names."""
    draft = Draft(asker, name)
    files = {f"{number}.bin": content for number, content in enumerate(contents)}
    given = {"artifactFiles": [{"artifactID": draft.id, "name": path, "md5": md5(content)} for path, content in files.items()]}
    edges = asker.graphql(FILES_OF, {"input": given})["createArtifactFiles"]["files"]["edges"]

    def put_later(edge, content):
        time.sleep(rng.uniform(0, 2))
        asker.put(edge["node"]["uploadUrl"], content)

    with ThreadPoolExecutor(FILES) as pool:
        list(pool.map(put_later, edges, files.values()))
    entries = {path: {"digest": md5(content), "size": len(content)} for path, content in files.items()}
    manifest = {"version": 1, "storagePolicy": "wandb-storage-policy-v1", "storagePolicyConfig": {"storageLayout": "V2"}, "contents": entries}
    given = {"artifactID": draft.id, "name": "wandb_manifest.json", "digest": "x", "entityName": "admin", "projectName": "p"}
    url = asker.graphql(MANIFEST, {"input": given})["createArtifactManifest"]["artifactManifest"]["file"]["uploadUrl"]
    asker.put(url, json.dumps(manifest).encode())
    artifact = asker.graphql(COMMIT, {"id": draft.id})["commitArtifact"]["artifact"]
    return {edge["node"]["name"]: edge["node"]["directUrl"] for edge in artifact["files"]["edges"]}


def test_bytes_that_one_server_removes__are_there_when_another_was_sent_them_again(start_one, slow_bucket):
    first, second = Administrator(start_one(0)), Administrator(start_one(1))
    rng = random.Random(7)
    kept = []
    for number in range(ROUNDS):
        contents = [rng.randbytes(20_000) for _ in range(FILES)]
        leave_as_garbage(first, contents, f"large{number}")
        kept.append((contents, log_again(second, contents, f"again{number}", rng)))
    assert len(slow_bucket.of("DELETE", "/blobs/")) > FILES and second.refusals > 0  # there was a race
    wait_until_nothing_goes(slow_bucket)
    third = start_one(2)  # whose folder is empty: it has what the bucket has
    for contents, addresses in kept:
        for number, content in enumerate(contents):
            path = "/" + addresses[f"{number}.bin"].split("/", 3)[3]
            answer = third.request("GET", path, key=None)
            assert (answer.status_code, answer.content) == (200, content)


def wait_until_nothing_goes(bucket) -> None:
    """Two rounds of the collectors without a removal."""
    def is_quiet():
        before = len(bucket.of("DELETE", "/blobs/"))
        time.sleep(2.5)
        return len(bucket.of("DELETE", "/blobs/")) == before

    wait_until(is_quiet)
