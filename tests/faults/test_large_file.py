"""A large file whose parts arrive while the power goes or the server is killed: what was answered need not be sent again."""

from __future__ import annotations

import random
import threading
from types import SimpleNamespace

import pytest
import requests

from tests.api.test_artifact_parts import Draft, b64, gathered, named
from tests.faults.disk import PowerCut
from tests.faults.conftest import administrator_of
from tests.support.server import GraphQLError
from tests.support.waiting import wait_until

PARTS = [bytes([number]) * 300_000 for number in range(1, 7)] + [b"the end"]
WHOLE = b"".join(PARTS)
SENT_LARGE, LARGE_BYTES, KILLS = 8, 4_000_000, 4


class Upload:
    """A draft with one large file, which any server over its data may take parts of."""

    def __init__(self, server, parts=PARTS):
        self.draft = Draft(administrator_of(server))
        self.node = self.draft.announce(parts)
        self.paths = [each["uploadUrl"].removeprefix(server.base_url) for each in self.node["uploadMultipartUrls"]["uploadUrlParts"]]
        self.parts, self.etags = parts, {}

    def put(self, server, number):
        answer = server.request("PUT", self.paths[number], key=None, data=self.parts[number])
        assert answer.status_code == 200, answer.text
        self.etags[number] = answer.headers["ETag"]

    def complete(self, server, etags=None):
        etags = etags or self.etags
        self.draft.server = server
        self.draft.user = administrator_of(server)
        return self.draft.complete(self.node, named([etags[number] for number in range(len(self.parts))]))


@pytest.fixture
def recorded(disk, start):
    """Parts that were sent over a disk that is written down: the upload, and for each answer the moment it came."""
    server = start(disk.data, env=disk.logging_env)
    upload = Upload(server)
    moments = []
    for number in [2, 0, 6, 1, 4, 3, 5]:
        upload.put(server, number)
        moments.append((disk.position(), dict(upload.etags)))
    upload.complete(server)
    completed_at = disk.position()
    server.kill()
    return SimpleNamespace(disk=disk, upload=upload, moments=moments, completed_at=completed_at)


def finish_after(cut: PowerCut, folder, start, upload, etags) -> str:
    """Sends what had not been answered by then, and no more."""
    server = start(cut.write_to(folder))
    upload.etags = dict(etags)
    for number in set(range(len(PARTS))) - set(etags):
        upload.put(server, number)
    digest = upload.complete(server)
    assert gathered(server) == []
    server.kill()
    return digest


def test_parts_that_were_answered__are_there_after_a_power_cut(recorded, tmp_path, start):
    for count, (moment, etags) in enumerate(recorded.moments, 1):
        assert finish_after(PowerCut(recorded.disk, moment), tmp_path / f"cut{count}", start, recorded.upload, etags) == b64(WHOLE)


def test_file_that_was_answered__is_there_after_a_power_cut(recorded, tmp_path, start):
    _, etags = recorded.moments[-1]
    assert finish_after(PowerCut(recorded.disk, recorded.completed_at), tmp_path / "cut", start, recorded.upload, etags) == b64(WHOLE)


@pytest.mark.parametrize("seed", range(3))
def test_what_was_under_way_at_a_power_cut__does_no_harm(recorded, tmp_path, start, seed):
    moment, _ = recorded.moments[3 + seed]
    _, etags = recorded.moments[2 + seed]
    cut = PowerCut(recorded.disk, moment, chance=0.5, seed=seed)
    assert finish_after(cut, tmp_path / "cut", start, recorded.upload, etags) == b64(WHOLE)


@pytest.mark.parametrize("unsynced", [".bytes", ".parts", "/gathered-1"])
def test_missing_sync__would_be_seen(recorded, tmp_path, start, unsynced):
    moment, etags = recorded.moments[-1]
    with pytest.raises(GraphQLError, match="has not arrived"):
        finish_after(PowerCut(recorded.disk, moment, skip_syncs=unsynced), tmp_path / "cut", start, recorded.upload, etags)


def test_server_killed_again_and_again__takes_no_part_twice_that_it_answered(tmp_path, start):
    server = start(tmp_path / "data")
    upload = Upload(server, [random.Random(number).randbytes(LARGE_BYTES) for number in range(SENT_LARGE)])
    rng = random.Random(3)
    for _ in range(KILLS):
        missing = [number for number in range(SENT_LARGE) if number not in upload.etags]
        rng.shuffle(missing)
        senders = [threading.Thread(target=put_quietly, args=(upload, server, number)) for number in missing]
        enough = len(upload.etags) + 1
        for sender in senders:
            sender.start()
        wait_until(lambda: len(upload.etags) >= min(enough, SENT_LARGE))
        server.kill()
        for sender in senders:
            sender.join()
        server.start()
    for number in range(SENT_LARGE):
        if number not in upload.etags:
            upload.put(server, number)
    assert upload.complete(server) == b64(b"".join(upload.parts))


def put_quietly(upload, server, number):
    try:
        upload.put(server, number)
    except requests.RequestException:
        pass  # the server was killed
