"""connection.py - a server spoken to as clients do: GraphQL, addresses of files, tries again when it is busy. Connections are kept, a few for
each thread; a part of a file goes out without being read."""

from __future__ import annotations

import base64
import binascii
import http.client
import io
import re
from dataclasses import dataclass
from typing import Any, BinaryIO, Iterator
from urllib.parse import SplitResult

from barograph.errors import CommError, Error
from barograph.transport import Transport

TIMEOUT_S = 120
_DIGEST = re.compile(r"\s*(sha-256|md5)=:([A-Za-z0-9+/]+=*):\s*")


@dataclass
class FilePart:
    """A body that lies in a file."""

    file: BinaryIO
    offset: int
    content: memoryview  # the same bytes, for where the system cannot send from a file


@dataclass
class Digests:
    """Of the bytes of an answer or of a body, as HTTP's Repr-Digest tells them (RFC 9530)."""

    sha256: bytes | None = None
    md5: bytes | None = None

    def field(self) -> dict[str, str]:
        known = (("sha-256", self.sha256), ("md5", self.md5))
        return {"Repr-Digest": ", ".join(f"{name}=:{base64.b64encode(value).decode()}:" for name, value in known if value)}


def _digests_of(field: str | None) -> Digests:
    found = {}
    for part in (field or "").split(","):
        if told := _DIGEST.fullmatch(part):
            try:
                found[told[1]] = base64.b64decode(told[2], validate=True)
            except binascii.Error:
                continue
    return Digests(found.get("sha-256"), found.get("md5"))


def _check_address(url: str) -> None:
    """A server that says file:/// would be given our own files."""
    if not url.startswith("/") and not url.lower().startswith(("http://", "https://")):
        raise Error(f"the server names an address that is neither http nor https: {url[:200]!r}")


class Answer(io.RawIOBase):
    """A body that is read as it comes. One that is cut off is an error."""

    def __init__(self, connection: Connection, place: tuple[str, str], socket: http.client.HTTPConnection, response: http.client.HTTPResponse):
        self._owner, self._place, self._socket, self._response = connection, place, socket, response
        self.status = response.status
        self.size = response.length  # None: not known
        self.digests = _digests_of(response.getheader("Repr-Digest"))

    def readable(self) -> bool:
        return True

    def readinto(self, room: Any) -> int:
        try:
            count = self._response.readinto(room)
        except (OSError, http.client.HTTPException) as error:
            raise CommError(f"an answer of {self._owner.base_url} was cut off: {error}") from None
        if count == 0 and len(room) and self._response.length:
            raise CommError(f"an answer of {self._owner.base_url} was cut off")
        return count

    def close(self) -> None:
        if not self.closed:
            self._owner._keep(self._place, self._socket, self._response)
        super().close()


class _PlainConnection(http.client.HTTPConnection):
    def send(self, data: Any) -> None:
        if not isinstance(data, FilePart):
            super().send(data)
        elif data.content:
            self.sock.sendfile(data.file, data.offset, len(data.content))


class Connection(Transport):
    def __init__(self, base_url: str, key: str | None):
        super().__init__(base_url, key, TIMEOUT_S)

    def open(self, method: str, url: str, body: bytes | None = None, **headers: str) -> Answer:  # type: ignore[override]
        """The answer's body. The key goes to our own server only, not to the addresses that it hands out or sends us on to."""
        _check_address(url)
        wanted = {**headers, "Accept-Encoding": "identity"}

        def attempt() -> Answer:
            socket, place, response = self._send(method, url, body, wanted, None)
            return Answer(self, place, socket, response)

        return self._retried(attempt, url)  # type: ignore[no-any-return]

    def fetch(self, method: str, url: str, body: bytes | memoryview | FilePart | None = None, **headers: str) -> bytes:
        return self.send(method, url, body, **headers)[0]

    def send(self, method: str, url: str, body: bytes | memoryview | FilePart | None = None, **headers: str) -> tuple[bytes, Digests]:
        """The answer's body, and which digests it tells."""
        _check_address(url)
        if isinstance(body, FilePart):
            headers["Content-Length"] = str(len(body.content))
        answer = self.request(method, url, body, headers)  # type: ignore[arg-type]
        return answer.body, _digests_of(answer.headers.get("repr-digest"))

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        return self.query(query, variables)

    def pages(self, query: str, *path: str, **variables: Any) -> Iterator[dict[str, Any]]:
        """The nodes of a connection, page by page."""
        after = None
        while True:
            found: Any = self.graphql(query, after=after, **variables)
            for name in path:
                found = (found or {}).get(name)
            if not found:
                return
            for edge in found["edges"]:
                yield edge["node"]
            if not found["pageInfo"]["hasNextPage"]:
                return
            after = found["pageInfo"]["endCursor"]

    def _exchange(self, method: str, parts: SplitResult, body: Any, *rest: Any) -> Any:
        _check_address(parts.geturl())
        if isinstance(body, FilePart):
            body = [body] if self._is_plain(parts) else body.content
        return super()._exchange(method, parts, body, *rest)

    def _connect(self, parts: SplitResult) -> http.client.HTTPConnection:
        return _PlainConnection(parts.hostname or "", parts.port, timeout=self.timeout) if self._is_plain(parts) else super()._connect(parts)

    def _is_plain(self, parts: SplitResult) -> bool:
        return parts.scheme == "http" and self._proxy(parts) is None
