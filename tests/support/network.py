"""network.py - stands between a server and what it asks, and does what networks and overloaded services do."""

from __future__ import annotations

import selectors
import socket
import threading

PASS, SILENT = "pass", "silent"


class Proxy:
    """Forwards connections to a port of this machine. mode: PASS; SILENT, when nothing gets through and nobody is told; or
    a whole HTTP answer, which every request gets instead."""

    def __init__(self, port: int):
        self.port, self.mode, self.refused = port, PASS, 0
        self.pairs: set[tuple[socket.socket, socket.socket]] = set()
        self.is_passing = threading.Event()
        self.is_passing.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.own_port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def set(self, mode: str | bytes) -> None:
        self.mode = mode
        (self.is_passing.clear if mode == SILENT else self.is_passing.set)()

    def cut(self) -> None:
        """Ends all connections, as both sides learn of it when a network stays away."""
        for pair in list(self.pairs):
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # it was closed already

    def close(self) -> None:
        self.listener.close()
        self.set(PASS)
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        self.is_passing.wait()
        try:
            server = socket.create_connection(("127.0.0.1", self.port))
        except OSError:
            client.close()
            return
        pair = (client, server)
        self.pairs.add(pair)
        try:
            self._forward(client, server)
        except OSError:
            pass
        finally:
            self.pairs.discard(pair)
            client.close()
            server.close()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        selector = selectors.DefaultSelector()
        selector.register(client, selectors.EVENT_READ, server)
        selector.register(server, selectors.EVENT_READ, client)
        while True:
            for key, _ in selector.select():
                data = key.fileobj.recv(1 << 16)
                self.is_passing.wait()
                if not data:
                    return
                if isinstance(self.mode, bytes):
                    self._refuse(client)
                    return
                key.data.sendall(data)

    def _refuse(self, client: socket.socket) -> None:
        """The answer may come before all of the question did: what is still coming is read, so that the answer is heard."""
        self.refused += 1
        client.sendall(self.mode)
        client.shutdown(socket.SHUT_WR)
        client.settimeout(5)
        while client.recv(1 << 16):
            pass


def refusal(status: int, code: str) -> bytes:
    """As S3 says it."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>asked of a proxy</Message></Error>".encode()
    return (f"HTTP/1.1 {status} {code}\r\nContent-Type: application/xml\r\nConnection: close\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body  # fmt: skip
