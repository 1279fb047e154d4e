"""bench_large_file.py - one large file through the unmodified official client, up and down, and what it takes of disk and memory.

    build/venv/bin/python bench/bench_large_file.py BINARY OFFICIAL_PYTHON [GIBIBYTES]

GIBIBYTES is 4.7 (5 GB) unless told; from 2 GiB on the client uploads in parts. Beside it stand what the disk writes and
reads by itself, a copy of the very file, the same upload to a target that reads parts and drops them (what is left is the
client's own), and curl fetching the file. About four times the file's size must be free.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from bench_artifacts import LOG, Bench, client_cpu  # noqa: E402

from tests.support.relay import OF_THE_CONNECTION, PART  # noqa: E402
from tests.support.server import Server  # noqa: E402

PIECE_BYTES = 1 << 22
PUT_OF_PART = re.compile(r'^(\S+) .*"PUT /signed/parts/\S+" \d+ \d+ ([0-9.]+) ms', re.M)


class NullTarget:
    """Passes on what clients ask, but for the parts of large files: those are read and dropped, and so is what comes after them."""

    def __init__(self, server: Server):
        target, self.first_part_at, self.asked_at = self, None, None

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self):
                if not PART.match(self.path):
                    return self.pass_on()
                target.first_part_at = target.first_part_at or time.time()
                left, room = int(self.headers["Content-Length"]), memoryview(bytearray(1 << 18))
                while left > 0:
                    left -= self.rfile.readinto(room[: min(left, len(room))])
                self.answer(200, [("ETag", '"' + "0" * 32 + '"')], b"")

            def do_POST(self):
                self.pass_on()

            do_GET = do_POST

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if b"completeMultipartUploadArtifact" in body:
                    target.asked_at = time.time()
                    return self.answer(400, [], json.dumps({"errors": [{"message": "the bench has what it wants"}]}).encode())
                connection = http.client.HTTPConnection(server.listen)
                connection.request(self.command, self.path, body, {name: value for name, value in self.headers.items() if name.lower() not in OF_THE_CONNECTION})
                answer = connection.getresponse()
                kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in OF_THE_CONNECTION]
                self.answer(answer.status, kept, answer.read())
                connection.close()

            def answer(self, status: int, headers: list, body: bytes):
                self.send_response(status)
                for name, value in [*headers, ("Content-Length", str(len(body)))]:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *unused):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


def client_alone(bench: Bench, gibibytes: float) -> None:
    """What the client needs when nothing is stored, until it has sent all parts of a file that is not known yet."""
    target = NullTarget(bench.server)
    with open(bench.folder / "large" / "large.bin", "r+b") as file:
        file.write(b"null")
    env = {"PATH": os.environ["PATH"], "HOME": str(bench.folder), "NAME": "null", "FILES": str(bench.folder / "large"), "PART": "", "PREFIX": "",
           "WANDB_BASE_URL": target.url, "WANDB_API_KEY": bench.server.admin_key, "WANDB_SILENT": "true",
           "WANDB_DIR": str(bench.folder), "WANDB_CACHE_DIR": str(bench.folder / "cache"), "WANDB_DATA_DIR": str(bench.folder / "staging")}  # fmt: skip
    begin, cpu = time.time(), client_cpu()
    client = subprocess.Popen([bench.python, "-c", LOG], env=env, cwd=bench.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while target.asked_at is None and client.poll() is None:
        time.sleep(0.02)
    client.terminate()  # it would try again
    client.wait()
    target.http.shutdown()
    if target.asked_at is None:
        sys.exit("the client never sent its parts")
    hashing, sending = target.first_part_at - begin, target.asked_at - target.first_part_at
    print(f"the client alone, its parts read and dropped: {hashing:.1f} s to hash the file and its parts, {sending:.1f} s to send them:"
          f" {gibibytes * 1024 / (hashing + sending):.0f} MiB/s of both, {gibibytes * 1024 / sending:.0f} MiB/s of sending;"
          f" processor {client_cpu() - cpu:.1f} s; load {os.getloadavg()[0]:.0f}", flush=True)  # fmt: skip


def print_phases(server: Server, begin: float, end: float, gibibytes: float) -> None:
    """Of an upload that lasted from begin to end: what came before the first part, the parts, and what came after the last."""
    ended = [(datetime.fromisoformat(at).timestamp(), float(ms) / 1000) for at, ms in PUT_OF_PART.findall(server.log())]
    first, last = min(at - seconds for at, seconds in ended), max(at for at, _ in ended)
    print(f"of it {first - begin:.1f} s before the first of {len(ended)} parts, {last - first:.1f} s until the last was durable:"
          f" {gibibytes * 1024 / (last - first):.0f} MiB/s, {end - last:.1f} s until the version was committed and the client had ended", flush=True)  # fmt: skip


def curl(bench: Bench, gibibytes: float) -> None:
    """The file's address, fetched by one connection and thrown away."""
    query = '{ project(name: "bench", entityName: "admin") { artifact(name: "large:latest") { files { edges { node { directUrl } } } } } }'
    url = bench.server.graphql(query)["project"]["artifact"]["files"]["edges"][0]["node"]["directUrl"]
    begin, cpu = time.perf_counter(), bench.cpu()
    subprocess.run(["curl", "-sS", "-f", "-o", "/dev/null", url], check=True)
    seconds = time.perf_counter() - begin
    print(f"curl fetches it in {seconds:.1f} s, {gibibytes * 1024 / seconds:.0f} MiB/s; processor: server {bench.cpu() - cpu:.1f} s", flush=True)


class FolderWatch(threading.Thread):
    """The most that lay in a folder."""

    def __init__(self, folder: Path):
        super().__init__(daemon=True)
        self.folder, self.highest = folder, 0

    def run(self) -> None:
        while True:
            try:
                facts = {found.st_ino: found.st_blocks * 512 for path in self.folder.rglob("*") if path.is_file() for found in [path.stat()]}
                self.highest = max(self.highest, sum(facts.values()))
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
        server = Server(Path(binary), folder / "data", ("--access-log",)).start()
        watch = FolderWatch(server.data)
        watch.start()
        bench = Bench(server, python, folder)
        try:
            bench.disk(min(gibibytes, 2))
            bench.make_large_file(gibibytes)
            begin = time.time()
            bench.measure(f"log one file of {gibibytes} GiB", lambda: bench.client(LOG, "large", folder / "large"))
            print_phases(server, begin, time.time(), gibibytes)
            print(f"written by the server {written_bytes(server) / 2**30:.1f} GiB; in the data folder {watch.highest / 2**30:.1f} GiB at most,"
                  " blocks that files share counted as often as they are", flush=True)  # fmt: skip
            bench.fetch_large_file(gibibytes)
            curl(bench, gibibytes)
            client_alone(bench, gibibytes)
            seconds = copy(folder / "large-back" / "large.bin", folder / "copy.bin")
            print(f"a copy of it on this disk: {seconds:.1f} s, {gibibytes * 1024 / seconds:.0f} MiB/s; load {os.getloadavg()[0]:.0f}")
            answers = [line for line in server.request("GET", "/metrics").text.splitlines() if "_requests_total{" in line and "/graphql" in line]
            print(*answers, sep="\n")
        finally:
            server.stop()


if __name__ == "__main__":
    main()
