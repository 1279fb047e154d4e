"""proxy.py - a forward proxy for tests: plain requests and CONNECT, with a user and a password, and a list of what passed.

Every name leads to this machine, so tests can use names that no resolver knows: what arrives came through the proxy.
"""

from __future__ import annotations

import base64
import socket
import threading
import time
from urllib.parse import urlsplit

HEAD_MAX = 64 << 10


class Proxy:
    """Listens on a free port of this machine until stop(). pause_s: how long each piece towards a server takes."""

    def __init__(self, user: str, password: str, pause_s: float = 0):
        self.pause_s = pause_s
        self._wanted = b"Basic " + base64.b64encode(f"{user}:{password}".encode())
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.passed: list[str] = []  # "POST /graphql", "CONNECT name:port"
        self.agents: set[str] = set()  # who sent plain requests
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            head, rest = self._head_of(client)
            if not head:
                return
            first, *lines = head.split(b"\r\n")
            method, target, _ = first.split(b" ", 2)
            headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
            if headers.get(b"proxy-authorization") != self._wanted:
                client.sendall(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            if method == b"CONNECT":
                self.passed.append(f"CONNECT {target.decode()}")
                port, start = int(target.rpartition(b":")[2]), b""
                client.sendall(b"HTTP/1.1 200 Go on\r\n\r\n")
            else:
                parts = urlsplit(target.decode())
                self.passed.append(f"{method.decode()} {parts.path}")
                self.agents.add(headers.get(b"user-agent", b"").decode().split("/")[0])
                port = parts.port or 80
                path = f"{parts.path}?{parts.query}" if parts.query else parts.path
                # One request for each connection: the next one may be for somebody else.
                kept = [line for line in lines if not line.lower().startswith((b"proxy-", b"connection:"))]
                start = b"\r\n".join([b"%s %s HTTP/1.1" % (method, path.encode()), *kept, b"Connection: close"]) + b"\r\n\r\n"
            with socket.create_connection(("127.0.0.1", port)) as server:
                server.sendall(start + rest)
                back = threading.Thread(target=_pump, args=(server, client), daemon=True)
                back.start()
                _pump(client, server, self.pause_s)
                back.join()

    @staticmethod
    def _head_of(client: socket.socket) -> tuple[bytes, bytes]:
        content = b""
        while b"\r\n\r\n" not in content and len(content) < HEAD_MAX:
            part = client.recv(1 << 16)
            if not part:
                return b"", b""
            content += part
        head, _, rest = content.partition(b"\r\n\r\n")
        return head, rest


def _pump(source: socket.socket, target: socket.socket, pause_s: float = 0) -> None:
    """Until the source ends; the target is told so."""
    try:
        while part := source.recv(1 << 16):
            target.sendall(part)
            time.sleep(pause_s)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
