"""Files of artifacts that go in parts: what a broken connection costs, and that the bytes are the same."""

from __future__ import annotations

import hashlib
import http.client
import http.server
import os
import re
import threading
import urllib.parse

import pytest

MIB = 1 << 20


class Cutter:
    """Stands before a server; cuts the connection in the middle of a part as often as it is told to."""

    def __init__(self, target: str):
        self.target, self.cuts, self.arrived = urllib.parse.urlsplit(target), {}, {}
        self.lock = threading.Lock()
        cutter = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self):
                number = re.match(r"/signed/parts/\d+/(\d+)/", self.path)
                length = int(self.headers.get("Content-Length") or 0)
                if number and cutter.is_cut(int(number[1])):
                    self.rfile.read(length // 2)
                    self.close_connection = True
                    return self.connection.close()
                headers = {key: value for key, value in self.headers.items() if key.lower() not in ("connection", "expect")}
                connection = http.client.HTTPConnection(cutter.target.hostname, cutter.target.port)
                connection.request(self.command, self.path, self.rfile.read(length) or None, headers)
                answer = connection.getresponse()
                body = answer.read()
                self.send_response(answer.status)
                for key, value in answer.getheaders():
                    if key.lower() not in ("content-length", "connection", "transfer-encoding"):
                        self.send_header(key, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                connection.close()
                if number and answer.status == 200:
                    with cutter.lock:
                        cutter.arrived[int(number[1])] = cutter.arrived.get(int(number[1]), 0) + 1

            do_GET = do_POST = do_PUT = do

            def log_message(self, *unused):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def is_cut(self, number: int) -> bool:
        with self.lock:
            self.cuts[number] = self.cuts.get(number, 0) - 1
            return self.cuts[number] >= 0


@pytest.fixture
def cutter(user):
    cutter = Cutter(user.server.base_url)
    yield cutter
    cutter.server.shutdown()


LOG = """
    import barograph as wandb
    run = wandb.init(project="large", id="r")
    artifact = wandb.Artifact("model", "model")
    artifact.add_file("large.bin")
    artifact.add_file("small.txt")
    logged = run.log_artifact(artifact)
    logged.wait()
    run.finish()
    print(logged.state)
"""
READ = """
    import barograph as wandb, pathlib
    folder = pathlib.Path(wandb.Api().artifact("large/model:v0").download("there"))
    print((folder / "large.bin").read_bytes() == pathlib.Path("large.bin").read_bytes(), (folder / "small.txt").read_text())
"""


def write_files(folder, size: int) -> None:
    # Bytes that differ from part to part: parts in the wrong order would be seen.
    block = hashlib.sha256(b"block").digest() * 2048
    with open(folder / "large.bin", "wb") as file:
        for i in range(0, size, len(block)):
            file.write((i.to_bytes(8, "big") + block[8:])[: size - i])
    (folder / "small.txt").write_text("small")


def test_parts_that_arrived_are_not_sent_again(scripts, cutter):
    write_files(scripts.folder, 5 * MIB + 123)
    # Part 3 fails as often as a part is tried, so that the artifact itself is tried once more.
    cutter.cuts = {2: 1, 3: 4}
    told = scripts.run(LOG, BAROGRAPH_BASE_URL=cutter.url, BAROGRAPH_MULTIPART_BYTES=str(MIB))
    assert told.split() == ["COMMITTED"]
    assert cutter.arrived == {number: 1 for number in range(1, 7)}
    assert cutter.cuts[3] < 0, "part 3 was not cut off as often as it should be"
    assert scripts.run(READ).split() == ["True", "small"]


def test_a_file_below_the_limit_goes_whole(scripts, cutter):
    write_files(scripts.folder, MIB - 1)
    assert scripts.run(LOG, BAROGRAPH_BASE_URL=cutter.url, BAROGRAPH_MULTIPART_BYTES=str(MIB)).split() == ["COMMITTED"]
    assert cutter.arrived == {}
    assert scripts.run(READ).split() == ["True", "small"]


def sender_peak_kib(scripts, size: int) -> int:
    """The most memory that a sender had while it sent a file of that size."""
    write_files(scripts.folder, size)
    told = scripts.run(
        LOG.replace(
            "run.finish()",
            """
    import os, re
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            line = open(f"/proc/{pid}/cmdline").read()
            status = open(f"/proc/{pid}/status").read()
        except OSError:
            continue
        if "barograph-sender" in line and os.getcwd() in line:
            print("peak", re.search(r"VmHWM:\\s+(\\d+)", status)[1])
    run.finish()
""".rstrip(),
        ),
        BAROGRAPH_MULTIPART_BYTES=str(4 * MIB),
        BAROGRAPH_CONSOLE="off",
    )
    return int(told.split("peak")[1].split()[0])


def test_memory_stays_flat_however_large_the_file_is(scripts):
    small, large = (sender_peak_kib(scripts, size * MIB) for size in (8, 96))
    os.unlink(scripts.folder / "large.bin")
    assert large - small < 8 * 1024
