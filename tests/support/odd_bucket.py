"""odd_bucket.py - what stands before a bucket in tests: it answers itself, damages what passes, or lets it pass; and notes all.

Every name leads to the bucket behind it, and it is a forward proxy too: with HTTP_PROXY set to its address, names that no
resolver knows arrive here.
"""

from __future__ import annotations

import http.client
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

NOT_CARRIED = {"transfer-encoding", "content-length", "connection", "date", "server"}
START_LIMIT_S = 60


@dataclass
class Request:
    method: str
    path: str  # with the query
    headers: dict[str, str]  # names in lower case
    body: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def scope(self) -> list[str]:
        """The key's id, the day, the region, the service: what was signed for."""
        found = re.search("Credential=([^,]+)", self.headers.get("authorization", ""))
        return found[1].split("/") if found else ["", "", "", ""]


@dataclass
class Answer:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def refusal(status: int, code: str, more: str = "", **headers: str) -> Answer:
    """As Amazon words it. Answers to HEAD lose the body on the way."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, f"<Error><Code>{code}</Code><Message>odd</Message>{more}</Error>".encode(), named)


class OddBucket:
    """A test sets `rule` (an answer instead of the bucket's, or None) and the two changes on the way."""

    def __init__(self, behind: str):
        self.behind = urlsplit(behind).netloc
        self.seen: list[Request] = []
        self.rule: Callable[[Request], Answer | None] = lambda request: None
        self.change_sent: Callable[[Request], bytes] = lambda request: request.body
        self.change_answer: Callable[[Request, Answer], Answer | None] = lambda request, answer: answer  # None: is lost
        bucket = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def __getattr__(self, name: str):
                if name.startswith("do_"):
                    return lambda: bucket._serve(self)
                raise AttributeError(name)

            def log_message(self, *_):
                pass

            def date_time_string(self, timestamp=None):
                return super().date_time_string(time.time() + bucket.clock_ahead_s)

        self.clock_ahead_s = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def of(self, method: str, part: str = "") -> list[Request]:
        return [request for request in list(self.seen) if request.method == method and part in request.path]

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        request = Request(handler.command, path, {name.lower(): value for name, value in handler.headers.items()}, body)
        self.seen.append(request)
        answer = self.rule(request)
        if answer is None:
            answer = self.change_answer(request, self._pass_on(request))
        if answer is None:
            handler.close_connection = True
            return
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        if "content-length" not in answer.headers and answer.status != 204:
            handler.send_header("content-length", str(len(answer.body)))
        handler.end_headers()
        if request.method != "HEAD":
            handler.wfile.write(answer.body)

    def _pass_on(self, request: Request) -> Answer:
        """With the Host that was signed."""
        connection = http.client.HTTPConnection(self.behind, timeout=60)
        connection.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers.items():
            if not name.startswith("proxy-"):
                connection.putheader(name, value)
        connection.endheaders(self.change_sent(request))
        response = connection.getresponse()
        body = response.read()
        headers = {name.lower(): value for name, value in response.getheaders() if name.lower() not in NOT_CARRIED}
        if request.method == "HEAD":
            headers["content-length"] = response.getheader("content-length") or "0"
        connection.close()
        return Answer(response.status, body, headers)


class Moto:
    """moto's own server: a bucket that believes every signature, a machine's metadata, and STS, at one address."""

    def __init__(self, log: Path):
        self._log = open(log, "ab")
        program = Path(sys.executable).parent / "moto_server"
        self._process = subprocess.Popen([program, "-H", "127.0.0.1", "-p", "0"], stdout=self._log, stderr=self._log)
        limit = time.monotonic() + START_LIMIT_S
        while not (found := re.search(r"Running on (http://127\.0\.0\.1:\d+)", log.read_text())):
            if self._process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(log.read_text()[-4000:])
            time.sleep(0.05)
        self.endpoint = found[1]

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._log.close()
