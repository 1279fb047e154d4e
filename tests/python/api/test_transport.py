"""Requests against a server that fails in the ways servers fail."""

from __future__ import annotations

import gzip
import hashlib
import time

import pytest

from tests.python.api.recorded import Recorded, data


@pytest.fixture
def transport(public):
    from barograph import transport as module

    servers = []

    def make(*replies, **options):
        servers.append(Recorded(list(replies)))
        made = module.Transport(servers[-1].url, "k" * 40, **options)
        return made, servers[-1]

    yield make
    for server in servers:
        server.stop()


def test_transport__waits_as_long_as_the_server_says(transport):
    made, server = transport((429, {"Retry-After": "0.7"}, {}), data(viewer={"id": "1"}))
    begin = time.monotonic()
    assert made.query("{ viewer { id } }") == {"viewer": {"id": "1"}}
    assert time.monotonic() - begin >= 0.7
    assert len(server.requests) == 2


def test_transport__gives_up_when_the_server_wants_more_patience_than_there_is(transport):
    made, server = transport((503, {"Retry-After": "60"}, {"error": "the database is away"}), retry_seconds=1)
    with pytest.raises(Exception, match="the database is away"):
        made.query("{ viewer { id } }")
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_transport__tries_again_after_a_failure_of_the_server(transport, status):
    made, server = transport((status, {}, b"<html>oops</html>"), data(viewer={"id": "1"}))
    assert made.query("{ viewer { id } }")["viewer"]["id"] == "1"
    assert len(server.requests) == 2


def test_transport__does_not_repeat_what_was_refused(transport):
    made, server = transport((403, {}, {"error": "you may not read this"}))
    with pytest.raises(Exception, match="you may not read this"):
        made.query("{ viewer { id } }")
    assert len(server.requests) == 1


def test_transport__says_whose_key_is_wrong(transport):
    from barograph.errors import AuthenticationError, CommError

    made, _ = transport((401, {}, {}))
    with pytest.raises(AuthenticationError, match="did not accept the API key") as caught:
        made.query("{ viewer { id } }")
    assert isinstance(caught.value, CommError)
    assert "\n" not in str(caught.value)


def test_transport__names_the_server_that_is_down(public):
    from barograph.errors import CommError
    from barograph.transport import Transport

    with pytest.raises(CommError, match="cannot reach http://127.0.0.1:1: Connection refused; is the server running"):
        Transport("http://127.0.0.1:1", "k" * 40, retry_seconds=0.1).query("{ viewer { id } }")


def test_transport__ends_when_nothing_comes(transport):
    def slow(handler, body):
        time.sleep(1)
        return data(viewer=None)

    made, _ = transport(slow, timeout=0.2, retry_seconds=0.1)
    with pytest.raises(Exception, match="no answer in time"):
        made.query("{ viewer { id } }")


def test_transport__unpacks_what_comes_compressed(transport):
    body = gzip.compress(b'{"data": {"viewer": {"id": "1"}}}')
    made, _ = transport((200, {"Content-Encoding": "gzip"}, body))
    assert made.query("{ viewer { id } }")["viewer"]["id"] == "1"


def test_transport__sends_the_key_only_to_its_own_server(transport):
    made, server = transport((302, {"Location": "REPLACED"}, b""))
    other = Recorded([(200, {}, b"elsewhere")])
    server.replies[0] = (302, {"Location": f"{other.url}/file"}, b"")
    assert made.request("GET", "/file").body == b"elsewhere"
    assert "Authorization" in server.requests[0][2]
    assert "Authorization" not in other.requests[0][2]
    other.stop()


def test_transport__goes_on_with_a_download_that_broke(transport, tmp_path):
    content = bytes(range(256)) * 4000

    def rest(handler, body):
        first = int(handler.headers["Range"].removeprefix("bytes=").rstrip("-"))
        part = content[first:]
        return (206, {"Content-Range": f"bytes {first}-{len(content) - 1}/{len(content)}"}, part)

    broken = (200, {"Content-Length": str(len(content))}, content[:300000])
    made, server = transport(broken, rest)
    hasher = hashlib.md5()
    assert made.download("/big", tmp_path / "big", hasher=hasher) == len(content)
    assert (tmp_path / "big").read_bytes() == content
    assert hasher.hexdigest() == hashlib.md5(content).hexdigest()
    assert len(server.requests) == 2


def test_transport__begins_again_where_ranges_are_unknown(transport, tmp_path):
    content = b"0123456789" * 1000
    broken = (200, {"Content-Length": str(len(content))}, content[:5000])
    made, _ = transport(broken, (200, {}, content))
    made.download("/big", tmp_path / "big")
    assert (tmp_path / "big").read_bytes() == content


def test_transport__leaves_no_half_of_a_file(transport, tmp_path):
    made, _ = transport((404, {}, {"error": "no such file"}))
    with pytest.raises(Exception, match="no such file"):
        made.download("/big", tmp_path / "big")
    assert list(tmp_path.iterdir()) == []


def test_transport__uploads_with_the_headers_it_was_told(transport, tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    made, server = transport((200, {}, b""))
    made.upload("/put", tmp_path / "file", ["X-One: 1", "Content-Type:text/plain"])
    method, _, headers, body = server.requests[0]
    assert (method, body, headers["X-One"], headers["Content-Type"]) == ("PUT", b"content", "1", "text/plain")


def test_transport__goes_through_the_proxy(transport, monkeypatch):
    _, server = transport(data(viewer={"id": "proxied"}))
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    from barograph.transport import Transport

    made = Transport("http://tracker.example", "k" * 40)
    assert made.query("{ viewer { id } }")["viewer"]["id"] == "proxied"
    assert server.requests[0][1] == "http://tracker.example/graphql"


def test_transport__says_when_it_is_no_tracker(transport):
    made, _ = transport((200, {"Content-Type": "text/html"}, b"<html>a page</html>"))
    with pytest.raises(Exception, match="did not answer in JSON"):
        made.query("{ viewer { id } }")
