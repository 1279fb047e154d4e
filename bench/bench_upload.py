"""bench_upload.py - one large upload over HTTP: how fast it is, and how much memory the server takes for it.

    build/venv/bin/python bench/bench_upload.py [BINARY] [GIBIBYTES]
"""

from __future__ import annotations

import http.client
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support.server import Server  # noqa: E402

FILES = """mutation { createRunFiles(input: {entityName: "admin", projectName: "large", runName: "r", files: ["zeros.bin"]}) {
    files { uploadUrl } } }"""
RUN = """mutation { upsertBucket(input: {name: "r", modelName: "large", entityName: "admin"}) { bucket { id } } }"""
BLOCK = bytes(1 << 20)


class Watch(threading.Thread):
    """The highest resident memory of a process."""

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.path, self.highest, self.is_over = Path(f"/proc/{pid}/statm"), 0, False

    def read(self) -> int:
        return int(self.path.read_text().split()[1]) * 4096

    def run(self) -> None:
        while not self.is_over:
            self.highest = max(self.highest, self.read())
            time.sleep(0.05)


def put(url: str, gibibytes: int) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=600)
    blocks = (BLOCK for _ in range(gibibytes << 10))
    connection.request("PUT", f"{parts.path}?{parts.query}", blocks, {"Content-Length": str(gibibytes << 30)})
    return connection.getresponse().status


def main() -> None:
    binary = Path(sys.argv[1] if len(sys.argv) > 1 else "build/barograph")
    gibibytes = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    with tempfile.TemporaryDirectory() as folder:
        server = Server(binary, Path(folder) / "data").start()
        try:
            server.graphql(RUN, key=server.admin_key)
            url = server.graphql(FILES, key=server.admin_key)["createRunFiles"]["files"][0]["uploadUrl"]
            watch = Watch(server.process.pid)
            before = watch.read()
            watch.start()
            begin = time.monotonic()
            status = put(url, gibibytes)
            seconds = time.monotonic() - begin
            watch.is_over = True
            print(f"{gibibytes} GiB: status {status}, {seconds:.1f} s, {gibibytes * 1024 / seconds:.0f} MiB/s; resident"
                  f" {before / 2**20:.1f} MiB before, {watch.highest / 2**20:.1f} MiB at most")
        finally:
            server.stop()


if __name__ == "__main__":
    main()
