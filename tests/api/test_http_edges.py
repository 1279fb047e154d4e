"""The edges of HTTP, with plain sockets against the running program: framing, deadlines, hosts, what is closed."""

from __future__ import annotations

import base64
import socket
import time

import pytest

OK_HEAD = b"Host: localhost\r\n"


class Connection:
    """One socket; bytes go out as they are."""

    def __init__(self, server):
        host, port = server.listen.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=30)
        self.file = self.socket.makefile("rb")

    def send(self, *parts: bytes) -> "Connection":
        for part in parts:
            self.socket.sendall(part)
        return self

    def reply(self):
        """Status, headers (lower case names) and body of the next response."""
        line = self.file.readline()
        if not line:
            return None, {}, b""
        status = int(line.split()[1])
        headers = {}
        for line in iter(self.file.readline, b"\r\n"):
            name, value = line.decode("latin-1").rstrip("\r\n").split(": ", 1)
            headers[name.lower()] = value
        body = self.file.read(int(headers.get("content-length", 0)))
        return status, headers, body

    def is_closed(self) -> bool:
        try:
            return self.file.read(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self.file.close()
        self.socket.close()


@pytest.fixture
def connect(server):
    connections = []

    def make() -> Connection:
        connections.append(Connection(server))
        return connections[-1]

    yield make
    for connection in connections:
        connection.close()


REFUSED = {
    "length with chunks": b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two equal lengths": b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "two lengths in one": b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2, 2\r\n\r\n{}",
    "signed length": b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: +2\r\n\r\n{}",
    "negative length": b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: -2\r\n\r\n{}",
    "hexadecimal length": b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0x2\r\n\r\n{}",
    "huge length": b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 18446744073709551616\r\n\r\n{}",
    "other coding": b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"POST /graphql HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "bare LF": b"GET /healthz HTTP/1.1\nHost: localhost\n\n",
    "bare LF in the middle": b"GET /healthz HTTP/1.1\r\nHost: localhost\nA: b\r\n\r\n",
    "bare CR": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nA: b\rc\r\n\r\n",
    "folded line": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nA: b\r\n c\r\n\r\n",
    "space before the colon": b"GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n",
    "NUL": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nA: \0\r\n\r\n",
    "no colon": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nrubbish\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "broken host": b"GET /healthz HTTP/1.1\r\nHost: local host\r\n\r\n",
    "HTTP/0.9": b"GET /healthz\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "NUL in the path": b"GET /files/a/b/c/%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "broken UTF-8 in the path": b"GET /files/a/b/c/%ff HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "half an escape": b"GET /files/a/b/c/%4 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "more than 100 headers": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 100 + b"\r\n",
}


@pytest.mark.parametrize("request_bytes", REFUSED.values(), ids=REFUSED.keys())
def test_framing__what_is_ambiguous_is_refused_and_closed(connect, request_bytes):
    connection = connect().send(request_bytes)
    status, headers, body = connection.reply()
    assert status == 400, body
    assert headers["connection"] == "close"
    assert connection.is_closed()


def test_framing__nothing_after_a_refused_request_is_answered(connect):
    smuggled = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    connection = connect().send(
        b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        smuggled,
    )
    assert connection.reply()[0] == 400
    assert connection.is_closed()


def test_head__over_64_kib_is_431(connect):
    connection = connect().send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nA: " + b"x" * 70_000 + b"\r\n\r\n")
    assert connection.reply()[0] == 431
    assert connection.is_closed()


def test_head__that_trickles_is_ended_though_it_is_never_silent(connect):
    connection = connect().send(b"GET /healthz HTTP/1.1\r\n")
    began = time.monotonic()
    connection.socket.settimeout(0.25)
    while time.monotonic() - began < 40:
        try:
            connection.send(b"A: b\r\n")
            if connection.socket.recv(1, socket.MSG_PEEK):
                break
        except TimeoutError:
            continue
    assert 9 < time.monotonic() - began < 30
    connection.socket.settimeout(30)
    assert connection.reply()[0] == 408


@pytest.mark.parametrize("host", [b"evil.example", b"localhost.evil.example", b"169.254.169.254"])
def test_host__other_names_are_misdirected(connect, host):
    status, _, body = connect().send(b"GET /healthz HTTP/1.1\r\nHost: " + host + b"\r\n\r\n").reply()
    assert status == 421
    assert b"does not go by the name" in body and b"--hosts" in body


@pytest.mark.parametrize("host", [b"localhost", b"127.0.0.1", b"[::1]:1234", b"LOCALHOST:80"])
def test_host__loopback_names_are_ours(connect, host):
    assert connect().send(b"GET /healthz HTTP/1.1\r\nHost: " + host + b"\r\n\r\n").reply()[0] == 200


def test_headers__protect_browsers_on_every_response(connect):
    for path in (b"/healthz", b"/no-such-path/at/all"):
        _, headers, _ = connect().send(b"POST " + path + b" HTTP/1.1\r\n" + OK_HEAD + b"\r\n").reply()
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-request-id"]
        assert "server" not in headers


def test_pipelining__answers_come_in_order(connect):
    get = b"GET /%s HTTP/1.1\r\n" + OK_HEAD + b"\r\n"
    connection = connect().send(get % b"healthz" + get % b"graphql" + get % b"healthz")
    assert [connection.reply()[0] for _ in range(3)] == [200, 405, 200]


def test_request__may_come_byte_by_byte(connect):
    connection = connect()
    for byte in b"GET /healthz HTTP/1.1\r\n" + OK_HEAD + b"\r\n":
        connection.send(bytes([byte]))
    assert connection.reply()[0] == 200


def test_continue__is_said_only_to_those_who_may(connect):
    connection = connect().send(
        b"POST /files/a/b/c/file_stream HTTP/1.1\r\n" + OK_HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    )
    assert connection.reply()[0] in (401, 403, 404)


def test_head__has_no_body(connect):
    connection = connect().send(b"HEAD /healthz HTTP/1.1\r\n" + OK_HEAD + b"\r\n")
    assert connection.file.readline().split()[1] == b"200"
    for line in iter(connection.file.readline, b"\r\n"):
        assert line
    connection.send(b"GET /healthz HTTP/1.1\r\n" + OK_HEAD + b"\r\n")
    assert connection.reply()[0] == 200


def test_body__of_64_mib_and_one_byte_is_refused_before_it_is_sent(connect, server):
    basic = base64.b64encode(f"api:{server.admin_key}".encode())
    connection = connect().send(
        b"POST /files/admin/p/r/file_stream HTTP/1.1\r\n" + OK_HEAD + b"Authorization: Basic " + basic
        + b"\r\nContent-Length: %d\r\n\r\n" % ((64 << 20) + 1)
    )
    assert connection.reply()[0] == 413


def test_many_idle_connections__do_not_keep_others_out(connect, server):
    idle = [connect() for _ in range(500)]
    assert server.request("GET", "/healthz", key=None).status_code == 200
    assert idle[0].send(b"GET /healthz HTTP/1.1\r\n" + OK_HEAD + b"\r\n").reply()[0] == 200


@pytest.mark.parametrize("path", ["/artifactsV2/a/b", "/artifacts/alice/0123", "/api/nothing", "/files/nothing", "/signed/nothing"])
def test_misspelt_address_of_bytes__is_not_answered_with_the_page(server, path):
    """A client would store the page as the file it asked for."""
    assert server.request("GET", path).status_code == 404
