"""Large files in parts: announced, put one by one, sent again, joined, and refused when a part is not what it should be."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from tests.conftest import User
from tests.support.protocol import RunUnderTest
from tests.support.server import GraphQLError

CREATE = "mutation($input: CreateArtifactInput!) { createArtifact(input: $input) { artifact { id } } }"
FILES = """mutation($input: CreateArtifactFilesInput!) { createArtifactFiles(input: $input) { files { edges { node { storagePath uploadUrl
    uploadMultipartUrls { uploadID uploadUrlParts { partNumber uploadUrl } } } } } } }"""
COMPLETE = "mutation($input: CompleteMultipartUploadArtifactInput!) { completeMultipartUploadArtifact(input: $input) { digest } }"
COMMIT = "mutation($id: ID!) { commitArtifact(input: {artifactID: $id}) { artifact { size files { edges { node { directUrl } } } } } }"
MANIFEST = "mutation($input: CreateArtifactManifestInput!) { createArtifactManifest(input: $input) { artifactManifest { file { uploadUrl } } } }"

PARTS = [b"a" * 3_000_000, b"b" * 3_000_000, b"the end"]
WHOLE = b"".join(PARTS)


def b64(content):
    return base64.b64encode(hashlib.md5(content).digest()).decode()


class Unmeasured:
    """Sent in chunks, again if need be."""

    def __init__(self, content):
        self.content = content

    def __iter__(self):
        yield self.content


class Draft:
    """is_placed: its parts are written to their places in the file; those whose length nobody tells beforehand are kept one by one."""

    def __init__(self, user, name="c", is_placed=True):
        self.user, self.server = user, user.server
        self.tells_length, self.is_placed = is_placed, is_placed and not user.server.has_bucket
        RunUnderTest(user, "p", "r")
        given = {"entityName": user.name, "projectName": "p", "artifactTypeName": "t", "artifactCollectionName": name, "digest": "d", "runName": "r"}
        self.id = user.graphql(CREATE, {"input": given})["createArtifact"]["artifact"]["id"]

    def announce(self, parts=PARTS, name="big.bin", numbers=None):
        spec = [{"partNumber": n, "hexMD5": hashlib.md5(part).hexdigest()} for n, part in zip(numbers or range(1, len(parts) + 1), parts)]
        given = {"artifactFiles": [{"artifactID": self.id, "name": name, "md5": b64(b"".join(parts)), "uploadPartsInput": spec}]}
        return self.user.graphql(FILES, {"input": given})["createArtifactFiles"]["files"]["edges"][0]["node"]

    def put(self, url, part, status=200, **headers):
        response = self.server.request("PUT", url, key=None, data=part if self.tells_length else Unmeasured(part), headers=headers)
        assert response.status_code == status, response.text
        return response.headers.get("ETag")

    def put_all(self, node):
        urls = node["uploadMultipartUrls"]["uploadUrlParts"]
        return [{"partNumber": each["partNumber"], "hexMD5": self.put(each["uploadUrl"], part)} for each, part in zip(urls, PARTS, strict=True)]

    def complete(self, node, parts, **values):
        given = {"artifactID": self.id, "storagePath": node["storagePath"], "uploadID": node["uploadMultipartUrls"]["uploadID"],
                 "completedParts": parts, "completeMultipartAction": "Complete", **values}  # fmt: skip
        return self.user.graphql(COMPLETE, {"input": given})["completeMultipartUploadArtifact"]["digest"]

    def commit(self, name="big.bin"):
        import json

        manifest = {"version": 1, "storagePolicy": "wandb-storage-policy-v1", "storagePolicyConfig": {"storageLayout": "V2"},
                    "contents": {name: {"digest": b64(WHOLE), "size": len(WHOLE)}}}  # fmt: skip
        given = {"artifactID": self.id, "name": "wandb_manifest.json", "digest": "x", "entityName": self.user.name, "projectName": "p"}
        url = self.user.graphql(MANIFEST, {"input": given})["createArtifactManifest"]["artifactManifest"]["file"]["uploadUrl"]
        self.put(url, json.dumps(manifest).encode())
        return self.user.graphql(COMMIT, {"id": self.id})["commitArtifact"]["artifact"]


@pytest.fixture(params=["at their places", "one by one"])
def draft(user, request):
    return Draft(user, is_placed=request.param == "at their places")


def refusal(function, *arguments, **values) -> GraphQLError:
    with pytest.raises(GraphQLError) as caught:
        function(*arguments, **values)
    return caught.value


def test_parts__become_the_file(draft):
    node = draft.announce()
    assert node["uploadUrl"] and [each["partNumber"] for each in node["uploadMultipartUrls"]["uploadUrlParts"]] == [1, 2, 3]
    parts = draft.put_all(node)
    assert [each["hexMD5"] for each in parts] == [f'"{hashlib.md5(part).hexdigest()}"' for part in PARTS]
    assert draft.complete(node, parts[::-1]) == b64(WHOLE)
    assert draft.complete(node, parts) == b64(WHOLE)
    artifact = draft.commit()
    assert int(artifact["size"]) == len(WHOLE)
    url = artifact["files"]["edges"][0]["node"]["directUrl"]
    assert draft.server.request("GET", url, key=None).content == WHOLE


def urls_of(node):
    return [each["uploadUrl"] for each in node["uploadMultipartUrls"]["uploadUrlParts"]]


def named(etags):
    return [{"partNumber": number, "hexMD5": etag} for number, etag in enumerate(etags, 1)]


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]])
def test_parts__come_in_any_order(draft, order):
    node = draft.announce()
    etags = {i: draft.put(urls_of(node)[i], PARTS[i]) for i in order}
    assert draft.complete(node, named([etags[i] for i in range(3)])) == b64(WHOLE)
    assert int(draft.commit()["size"]) == len(WHOLE)


def test_part_with_other_bytes__is_another_version_of_it(draft):
    node = draft.announce()
    parts = draft.put_all(node)
    other = b"B" * len(PARTS[1])
    etag = draft.put(urls_of(node)[1], other)
    assert etag == f'"{hashlib.md5(other).hexdigest()}"'
    changed = [parts[0], {**parts[1], "hexMD5": etag}, parts[2]]
    assert draft.complete(node, changed) == b64(PARTS[0] + other + PARTS[2])
    assert draft.put_all(node) == parts
    assert draft.complete(node, parts) == b64(WHOLE)


def test_part_that_was_cut_off__is_sent_again(draft):
    node = draft.announce()
    address = urlsplit(urls_of(node)[0])
    with socket.create_connection((address.hostname, address.port)) as client:
        head = f"PUT {address.path}?{address.query} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: {len(PARTS[0])}\r\n\r\n"
        client.sendall(head.encode() + b"x" * 1_000_000)
    assert draft.complete(node, draft.put_all(node)) == b64(WHOLE)
    assert int(draft.commit()["size"]) == len(WHOLE)


def test_md5_that_comes_with_a_part__names_it(draft):
    node = draft.announce()
    etags = [draft.put(url, part, **{"Content-MD5": b64(part)}) for url, part in zip(urls_of(node), PARTS)]
    assert etags == [f'"{hashlib.md5(part).hexdigest()}"' for part in PARTS]
    assert draft.complete(node, named(etags)) == b64(WHOLE)
    assert int(draft.commit()["size"]) == len(WHOLE)


def test_part_that_was_damaged_on_its_way__is_found_in_the_file_and_can_be_sent_again(draft):
    node = draft.announce()
    damaged = b"A" + PARTS[0][1:]
    etags = [draft.put(url, part, **{"Content-MD5": b64(sent)}) for url, part, sent in zip(urls_of(node), [damaged, *PARTS[1:]], PARTS)]
    if draft.is_placed:
        assert draft.complete(node, named(etags)) == b64(damaged + WHOLE[len(damaged) :])
    else:
        assert etags[0] != f'"{hashlib.md5(PARTS[0]).hexdigest()}"'
    assert "big.bin" in str(refusal(draft.commit))
    parts = draft.put_all(node)
    assert draft.complete(node, parts) == b64(WHOLE)
    assert int(draft.commit()["size"]) == len(WHOLE)


def test_parts_at_their_places__are_there_after_a_restart(make_server):
    server = make_server()
    draft = Draft(User(server, "alice"))
    node = draft.announce()
    etags = [draft.put(url, part) for url, part in zip(urls_of(node)[:2], PARTS)]
    old = server.data / "blobs" / "staged" / "gathered-0"
    old.mkdir(parents=True, exist_ok=True)
    (old / "1-1-x.bytes").write_bytes(b"of another version")
    server.restart()
    assert not old.exists() and len(gathered(server)) == (2 if draft.is_placed else 0)
    assert "part 3 of 'big.bin' has not arrived" in str(refusal(draft.complete, node, named([*etags, hashlib.md5(b"never").hexdigest()])))
    etags.append(draft.put(urls_of(node)[2], PARTS[2]))
    server.restart()
    assert draft.complete(node, named(etags)) == b64(WHOLE)
    assert gathered(server) == []
    assert int(draft.commit()["size"]) == len(WHOLE)


def gathered(server):
    folder = server.data / "blobs" / "staged" / "gathered-1"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_asking_again__needs_no_parts_any_more(make_server):
    """A client that lost its patience asks again after a large file was put together."""
    server = make_server()
    draft = Draft(User(server, "alice"))
    node = draft.announce()
    parts = draft.put_all(node)
    assert len(gathered(server)) == (2 if draft.is_placed else 0)
    assert draft.complete(node, parts) == b64(WHOLE)
    assert gathered(server) == []
    assert draft.complete(node, parts) == b64(WHOLE)
    server.restart()
    assert draft.complete(node, parts) == b64(WHOLE)


def test_asking_again__does_not_put_them_together_again(make_server):
    """A client that lost its patience asks again while, or after, a large file is put together."""
    server = make_server()
    draft = Draft(User(server, "alice"), is_placed=False)
    node = draft.announce()
    parts = draft.put_all(node)
    assert draft.complete(node, parts) == b64(WHOLE)
    hexes = hashlib.sha256(PARTS[0]).hexdigest()
    blob = server.data / "blobs" / hexes[:2] / hexes[2:]
    if server.has_bucket:
        pytest.skip("what lies here is a copy, and fetched again from the bucket")
    blob.unlink()
    assert draft.complete(node, parts) == b64(WHOLE)


def kept_parts(server, draft):
    with server.database() as database:
        return database.execute(f"select count(*) from artifact_uploads where artifact_id = {number_of(draft)} and path like '/part/%'").fetchone()[0]


def number_of(draft):
    return int(base64.b64decode(draft.id).decode().split(":")[1])


def waits_to_be_collected(server, part):
    """Whether the collector has to wait for those who may hold an address of these bytes, when nobody has them any more."""
    digest = hashlib.sha256(part).digest()
    with server.database() as database:
        rows = database.execute("select sha256, created_at from blobs where created_at > 0").fetchall()
    return {bytes(sha256): created_at for sha256, created_at in rows}[digest] > 1


def test_parts__are_let_go_once_the_file_is_stored(make_server):
    server = make_server()
    draft = Draft(User(server, "alice"), is_placed=False)
    node = draft.announce()
    parts = draft.put_all(node)
    other = Draft(draft.user, "other", is_placed=False)
    other.announce()
    other.put_all(other.announce())  # the same bytes, which are needed there
    assert draft.complete(node, parts) == b64(WHOLE)
    assert kept_parts(server, draft) == 0 and kept_parts(server, other) == 3
    assert all(waits_to_be_collected(server, part) for part in PARTS)
    assert draft.complete(node, parts) == b64(WHOLE)  # its answer was lost
    node = other.announce()
    assert other.complete(node, other.put_all(node)) == b64(WHOLE)
    assert not any(waits_to_be_collected(server, part) for part in PARTS)
    assert waits_to_be_collected(server, WHOLE)


def test_part__may_be_sent_again(draft):
    node = draft.announce()
    first = node["uploadMultipartUrls"]["uploadUrlParts"][0]["uploadUrl"]
    draft.put(first, b"half of it")
    assert draft.complete(node, draft.put_all(node)) == b64(WHOLE)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda parts: parts[:1] + parts[2:], "numbered from 1 to 2"),
        (lambda parts: [{**parts[0], "hexMD5": "0" * 32}, *parts[1:]], "part 1 of 'big.bin' has not arrived"),
        (lambda parts: [{**parts[0], "hexMD5": "x"}, *parts[1:]], "part 1 of 'big.bin' has not arrived"),
        (lambda parts: [parts[0], parts[0], parts[2]], "named twice"),
        (lambda parts: [{**parts[0], "partNumber": 9}, *parts[1:]], "numbered from 1 to 3"),
        (lambda parts: [], "1 to 10000 parts"),
    ],
)
def test_wrong_parts__are_refused_and_named(draft, spoil, words):
    node = draft.announce()
    assert words in str(refusal(draft.complete, node, spoil(draft.put_all(node))))


def test_what_never_arrived__cannot_be_committed(draft):
    node = draft.announce()
    draft.put_all(node)
    assert "big.bin" in str(refusal(draft.commit))


@pytest.mark.parametrize("numbers", [[0, 1, 2], [1, 3, 4], [1, 1, 2], [2, 3, 4]])
def test_announced_numbers__are_one_to_n(draft, numbers):
    assert "numbered from 1 to 3" in str(refusal(draft.announce, numbers=numbers))


def test_part__is_for_its_draft_and_its_link_only(draft, make_user):
    node = draft.announce()
    url = node["uploadMultipartUrls"]["uploadUrlParts"][0]["uploadUrl"]
    assert draft.server.request("PUT", url.replace("/1-3/big.bin", "/2-3/big.bin"), key=None, data=b"x").status_code == 403
    parts = draft.put_all(node)
    stranger = Draft(make_user())
    stranger.id = draft.id
    assert "no such artifact" in str(refusal(stranger.complete, node, parts))
    draft.complete(node, parts)
    draft.commit()
    assert draft.server.request("PUT", url, key=None, data=b"x").status_code == 409


def test_known_bytes__are_not_sent_in_parts_either(user):
    draft = Draft(user)
    node = draft.announce()
    draft.complete(node, draft.put_all(node))
    draft.commit()
    again = Draft(user, "other").announce()
    assert again["uploadUrl"] is None and again["uploadMultipartUrls"] is None


def staged(server):
    return [path for path in (server.data / "blobs" / "staged").iterdir() if path.is_file()]


def soon(claim, seconds=60.0):
    end = time.monotonic() + seconds
    while not claim() and time.monotonic() < end:
        time.sleep(0.02)
    return claim()


def all_bytes(server):
    return sum(path.stat().st_size for path in (server.data / "blobs").rglob("*") if path.is_file())


LARGE = [bytes([number]) * 20_000_000 for number in range(1, 6)]


def put_large(draft, node, order):
    urls = {each["partNumber"]: each["uploadUrl"] for each in node["uploadMultipartUrls"]["uploadUrlParts"]}
    return [{"partNumber": number, "hexMD5": draft.put(urls[number], LARGE[number - 1])} for number in order]


def complete_side_by_side(asked):
    with ThreadPoolExecutor(len(asked)) as pool:
        return list(pool.map(lambda each: each(), asked))


def test_questions_side_by_side__are_answered_by_one_join(make_server):
    """A client that lost its patience asks again while a large file is put together."""
    server = make_server()
    draft = Draft(User(server, "alice"))
    node = draft.announce(LARGE)
    parts = put_large(draft, node, [5, 4, 3, 2, 1])
    answers = complete_side_by_side([lambda: draft.complete(node, parts)] * 8)
    assert answers == [b64(b"".join(LARGE))] * 8
    assert staged(server) == []
    assert all_bytes(server) < 2.1 * sum(map(len, LARGE))
    assert answers_of(server, "503") == 0


def answers_of(server, status):
    counted = re.findall(rf'^barograph_http_requests_total\{{method="POST",route="/graphql",status="{status[0]}xx"\}} (\d+)', server.request("GET", "/metrics").text, re.M)
    return sum(map(int, counted))


def test_parts__are_put_together_while_they_arrive(make_server):
    server = make_server()
    draft = Draft(User(server, "alice"), is_placed=False)
    node = draft.announce(LARGE)
    put_large(draft, node, [1, 2])
    assert soon(lambda: [path.stat().st_size for path in staged(server)] == [40_000_000])
    put_large(draft, node, [4])
    put_large(draft, node, [3])
    assert soon(lambda: [path.stat().st_size for path in staged(server)] == [80_000_000])


def test_part_sent_again__is_what_the_file_has(make_server):
    """Also when the one it replaces was put to the others already."""
    server = make_server()
    draft = Draft(User(server, "alice"), is_placed=False)
    node = draft.announce(LARGE)
    first = node["uploadMultipartUrls"]["uploadUrlParts"][0]["uploadUrl"]
    draft.put(first, b"half of it")
    assert soon(lambda: [path.stat().st_size for path in staged(server)] == [10])
    parts = put_large(draft, node, [2, 1, 3, 4, 5])
    assert draft.complete(node, parts) == b64(b"".join(LARGE))
    assert staged(server) == []


def test_server__stops_while_a_file_is_put_together(make_server):
    server = make_server()
    draft = Draft(User(server, "alice"))
    node = draft.announce(LARGE)
    parts = put_large(draft, node, [2, 3, 4, 5, 1])
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(draft.complete, node, parts)
        server.stop()
        asked.exception()
    server.start()
    assert staged(server) == []
    assert draft.complete(node, parts) == b64(b"".join(LARGE))


def test_join_that_fails__is_told_and_begun_anew(make_server):
    server = make_server()
    draft = Draft(User(server, "alice"), is_placed=False)
    node = draft.announce()
    parts = draft.put_all(node)
    server.stop()  # it had put them together already
    hexes = hashlib.sha256(PARTS[1]).hexdigest()
    blob = server.data / "blobs" / hexes[:2] / hexes[2:]
    if server.has_bucket:
        pytest.skip("what lies here is a copy, and fetched again from the bucket")
    blob.unlink()
    server.start()
    assert refusal(draft.complete, node, parts).code == "BUSY"
    assert soon(lambda: staged(server) == [])
    url = node["uploadMultipartUrls"]["uploadUrlParts"][1]["uploadUrl"]
    draft.put(url, PARTS[1])
    assert draft.complete(node, parts) == b64(WHOLE)
