"""connection.py - a server spoken to as clients do: GraphQL, addresses of files, tries again when it is busy."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from typing import Any, BinaryIO, Iterator

from barograph.errors import Error

TRIES, TIMEOUT_S = 7, 120


class Connection:
    def __init__(self, base_url: str, key: str | None):
        self.base_url = base_url.rstrip("/")
        token = base64.b64encode(f"api:{key}".encode()).decode()
        self._authorization = {"Authorization": f"Basic {token}"} if key else {}

    def open(self, method: str, url: str, body: bytes | memoryview | None = None, **headers: str) -> BinaryIO:
        """The answer's body. The key goes to our own server only, not to the addresses that it hands out or sends us on to."""
        own = url.startswith("/") or url.startswith(self.base_url + "/")
        address = self.base_url + url if url.startswith("/") else url
        if not address.lower().startswith(("http://", "https://")):  # a server that says file:/// would be given our own files
            raise Error(f"the server names an address that is neither http nor https: {address[:200]!r}")
        for attempt in range(TRIES):
            request = urllib.request.Request(address, data=body, method=method, headers=headers)
            for name, value in (self._authorization if own else {}).items():
                request.add_unredirected_header(name, value)
            try:
                return urllib.request.urlopen(request, timeout=TIMEOUT_S)  # type: ignore[no-any-return]
            except urllib.error.HTTPError as error:
                if error.code not in (429, 500, 502, 503, 504) or attempt == TRIES - 1:
                    raise Error(f"the server answered {error.code}: {error.read(300).decode('utf-8', 'replace')}") from None
            except OSError as error:
                if attempt == TRIES - 1:
                    raise Error(f"cannot reach {self.base_url}: {error}") from None
            time.sleep(min(0.2 * 2**attempt, 5))
        raise AssertionError("unreachable")

    def fetch(self, method: str, url: str, body: bytes | memoryview | None = None, **headers: str) -> bytes:
        with self.open(method, url, body, **headers) as answer:
            return answer.read()

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        answer = json.loads(self.fetch("POST", "/graphql", body, **{"Content-Type": "application/json"}))
        if answer.get("errors"):
            raise Error("; ".join(error.get("message", "?") for error in answer["errors"]))
        return answer["data"]  # type: ignore[no-any-return]

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
