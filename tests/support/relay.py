"""relay.py - stands before a server and passes requests on, as long as it is not told otherwise."""

from __future__ import annotations

import http.client
import re
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Of one connection; the two sides of a relay have each their own.
OF_THE_CONNECTION = ("connection", "content-length", "expect", "transfer-encoding")
PART = re.compile(r"/signed/parts/\d+/(\d+)(?:-\d+)?/")


class Relay:
    """Listens on a free port of this machine until stop().

    status: what every request is refused with, by `retry_after` (seconds, as text) too; None: none is. `refused` counts.
    cuts: how often the connection breaks in the middle of a large file's part, by its number; `arrived` counts the parts
    that the server took.
    """

    def __init__(self, target: str):
        self.target = urllib.parse.urlsplit(target)
        self.status: int | None = None
        self.retry_after: str | None = None
        self.refused = 0
        self.cuts: dict[int, int] = {}
        self.arrived: dict[int, int] = {}
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def is_cut(self, part: int) -> bool:
        with self.lock:
            self.cuts[part] = self.cuts.get(part, 0) - 1
            return self.cuts[part] >= 0

    def _handler(self) -> type:
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self):
                length, part = int(self.headers.get("Content-Length") or 0), PART.match(self.path)
                if part and relay.is_cut(int(part[1])):
                    self.rfile.read(length // 2)
                    self.close_connection = True
                    return self.connection.close()
                body = self.rfile.read(length)
                if relay.status is not None:
                    relay.refused += 1
                    return self.answer(relay.status, [("Retry-After", relay.retry_after)] if relay.retry_after else [], b"{}")
                status, headers, content = self.ask(body)
                self.answer(status, headers, content)
                if part and status == 200:
                    with relay.lock:
                        relay.arrived[int(part[1])] = relay.arrived.get(int(part[1]), 0) + 1

            do_GET = do_POST = do_PUT = do

            def ask(self, body: bytes) -> tuple[int, list, bytes]:
                connection = http.client.HTTPConnection(relay.target.hostname, relay.target.port)
                try:
                    connection.request(self.command, self.path, body or None, dict(self.kept(self.headers.items())))
                    answer = connection.getresponse()
                    return answer.status, answer.getheaders(), answer.read()
                finally:
                    connection.close()

            def answer(self, status: int, headers: list, body: bytes) -> None:
                self.send_response(status)
                for name, value in self.kept(headers):
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            @staticmethod
            def kept(headers) -> list:
                return [(name, value) for name, value in headers if name.lower() not in OF_THE_CONNECTION]

            def log_message(self, *unused):
                pass

        return Handler
