"""recorded.py - a server that gives recorded replies, for what ours does not do: another make's quirks, and failures."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Recorded:
    """Answers requests in the order of `replies`: (status, headers, body), or a function of the request. The last stays."""

    def __init__(self, replies: list):
        self.replies, self.requests = list(replies), []
        recorded = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(size)
                recorded.requests.append((self.command, self.path, dict(self.headers), body))
                reply = recorded.replies.pop(0) if len(recorded.replies) > 1 else recorded.replies[0]
                status, headers, content = reply(self, body) if callable(reply) else reply
                content = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                declared = {"Content-Length": str(len(content)), **headers}
                for name, value in declared.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)
                if int(declared["Content-Length"]) != len(content):
                    self.close_connection = True

            do_GET = do_POST = do_PUT = answer

            def log_message(self, *unused) -> None:
                return None

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def data(**fields) -> tuple:
    """A GraphQL answer."""
    return (200, {"Content-Type": "application/json"}, {"data": fields})
