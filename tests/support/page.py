"""page.py - an open page's WebSocket: texts both ways, and what is pushed."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import struct
from pathlib import Path
from urllib.parse import urlsplit


class Page:
    """One at a server, or at a proxy before it; certificates: whom it believes when that speaks TLS."""

    def __init__(self, base_url: str, key: str, certificates: Path | None = None):
        address = urlsplit(base_url)
        self.socket = socket.create_connection((address.hostname, address.port), timeout=20)
        if address.scheme == "https":
            context = ssl.create_default_context(cafile=certificates)
            self.socket = context.wrap_socket(self.socket, server_hostname=address.hostname)
        self.bytes = self.socket.makefile("rb")
        credentials = base64.b64encode(f"api:{key}".encode()).decode()
        self.socket.sendall(
            f"GET /api/live HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}\r\n"
            f"Origin: {base_url}\r\nAuthorization: Basic {credentials}\r\n\r\n".encode()
        )
        assert b" 101 " in self.bytes.readline()
        while self.bytes.readline() != b"\r\n":
            pass

    def send(self, message: dict) -> None:
        text = json.dumps(message).encode()
        assert len(text) < 1 << 16
        length = bytes([0x80 | len(text)]) if len(text) < 126 else struct.pack(">BH", 0x80 | 126, len(text))
        self.socket.sendall(b"\x81" + length + bytes(4) + text)

    def receive(self) -> dict:
        """The next text."""
        while not isinstance(message := self.receive_any(), dict):
            pass
        return message

    def receive_any(self) -> dict | bytes:
        """The next text, or the next push as it came."""
        while True:
            kind, length = self.bytes.read(2)
            if length == 126:
                (length,) = struct.unpack(">H", self.bytes.read(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self.bytes.read(8))
            content = self.bytes.read(length)
            if kind == 0x81:
                return json.loads(content)
            if kind == 0x82:
                return content
            assert kind != 0x88, "the server closed the page"
