"""What importers and exporters say to servers that do not mean well."""

from __future__ import annotations

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

OPEN = """
import sys
from barograph.errors import Error
from barograph.importers.connection import Connection
try:
    print(Connection(sys.argv[1], "secret-key").fetch("GET", sys.argv[2]).decode())
except Error as error:
    print("refused:", error)
"""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.heard.append((self.path, self.headers.get("Authorization")))  # type: ignore[attr-defined]
        target = self.server.sends_to  # type: ignore[attr-defined]
        self.send_response(302 if target else 200)
        if target:
            self.send_header("Location", target)
        self.send_header("Content-Length", "0" if target else "5")
        self.end_headers()
        if not target:
            self.wfile.write(b"bytes")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def make_peer():
    peers = []

    def make(sends_to: str | None = None) -> ThreadingHTTPServer:
        peer = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        peer.heard, peer.sends_to = [], sends_to  # type: ignore[attr-defined]
        threading.Thread(target=peer.serve_forever, daemon=True).start()
        peers.append(peer)
        return peer

    yield make
    for peer in peers:
        peer.shutdown()
        peer.server_close()


def address_of(peer: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{peer.server_port}"


def opened(package, base: str, url: str) -> str:
    ran = subprocess.run([sys.executable, "-c", OPEN, base, url], env={"PYTHONPATH": str(package)}, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_connection__the_key_stays_with_its_server_when_that_sends_on(package, make_peer):
    other = make_peer()
    own = make_peer(address_of(other) + "/elsewhere")
    assert opened(package, address_of(own), "/file") == "bytes"
    assert own.heard[0][1].startswith("Basic ")
    assert other.heard == [("/elsewhere", None)]


def test_connection__files_of_this_machine_are_no_answer_of_a_server(package, make_peer, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("private")
    for url in (secret.as_uri(), secret.as_uri().replace("file", "FILE"), "data:,private"):
        said = opened(package, address_of(make_peer()), url)
        assert said.startswith("refused: the server names an address") and "private" not in said.replace(url, "")
