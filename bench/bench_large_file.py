"""bench_large_file.py - one large file through the unmodified official client, up and down, and what it takes of disk and memory.

    build/venv/bin/python bench/bench_large_file.py BINARY OFFICIAL_PYTHON [GIBIBYTES]

GIBIBYTES is 4.7 (5 GB) unless told; from 2 GiB on the client uploads in parts. Beside it stand what the disk writes and
reads by itself and a copy of the very file. About four times the file's size must be free.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from bench_artifacts import Bench  # noqa: E402

from tests.support.server import Server  # noqa: E402

PIECE_BYTES = 1 << 22


class FolderWatch(threading.Thread):
    """The most that lay in a folder."""

    def __init__(self, folder: Path):
        super().__init__(daemon=True)
        self.folder, self.highest = folder, 0

    def run(self) -> None:
        while True:
            try:
                self.highest = max(self.highest, sum(path.stat().st_blocks * 512 for path in self.folder.rglob("*") if path.is_file()))
            except FileNotFoundError:
                continue  # it was renamed between the two
            time.sleep(0.5)


def written_bytes(server: Server) -> int:
    """What the server had the disk write so far."""
    counters = dict(line.split(": ") for line in Path(f"/proc/{server.process.pid}/io").read_text().splitlines())
    return int(counters["write_bytes"])


def copy(source: Path, target: Path) -> float:
    """Read, written and synced, in seconds."""
    begin = time.perf_counter()
    with open(source, "rb", buffering=0) as read, open(target, "wb", buffering=0) as written:
        while piece := read.read(PIECE_BYTES):
            written.write(piece)
        os.fsync(written.fileno())
    seconds = time.perf_counter() - begin
    target.unlink()
    return seconds


def main() -> None:
    binary, python = sys.argv[1], str(Path(sys.argv[2]).absolute())
    gibibytes = float(sys.argv[3]) if len(sys.argv) > 3 else 4.7
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = Server(Path(binary), folder / "data").start()
        watch = FolderWatch(server.data)
        watch.start()
        bench = Bench(server, python, folder)
        try:
            bench.disk(min(gibibytes, 2))
            bench.large_file(gibibytes)
            print(f"written by the server {written_bytes(server) / 2**30:.1f} GiB; in the data folder {watch.highest / 2**30:.1f} GiB at most,"
                  " what is shared counted as often as it is", flush=True)  # fmt: skip
            seconds = copy(folder / "large-back" / "large.bin", folder / "copy.bin")
            print(f"a copy of it on this disk: {seconds:.1f} s, {gibibytes * 1024 / seconds:.0f} MiB/s; load {os.getloadavg()[0]:.0f}")
            answers = [line for line in server.request("GET", "/metrics").text.splitlines() if "_requests_total{" in line and "/graphql" in line]
            print(*answers, sep="\n")
        finally:
            server.stop()


if __name__ == "__main__":
    main()
