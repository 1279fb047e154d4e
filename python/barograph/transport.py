"""transport.py - HTTP and GraphQL to one server: connections kept alive for each thread, retries, one-line errors.

Threads: a Transport is shared by all threads; each has connections of its own. Only what goes to the server's own
address carries the key: signed addresses may lead to other hosts. Standard library only.
"""

from __future__ import annotations

import base64
import email.utils
import gzip
import http.client
import json
import os
import random
import socket
import ssl
import threading
import time
import urllib.request
from typing import IO, Any, Callable, Iterable, Iterator, Mapping, TypeVar, Union
from urllib.parse import SplitResult, unquote, urljoin, urlsplit, urlunsplit

from barograph.errors import AuthenticationError, CommError
from barograph.settings import Settings, variable

DEFAULT_TIMEOUT = 30.0
RETRY_SECONDS = 30.0
RETRIED_STATUSES = frozenset((408, 425, 429, 500, 502, 503, 504))
REDIRECTS = frozenset((301, 302, 303, 307, 308))
REDIRECTS_MAX = 5
CHUNK_BYTES = 1 << 18
DELAY_FIRST, DELAY_MAX = 0.25, 15.0

Headers = Union[Mapping[str, str], Iterable[str]]
Kind = TypeVar("Kind", bound="Transport")


class Reply:
    """An answer whose body has been read. Header names are lower case."""

    __slots__ = ("status", "headers", "body")

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def json(self) -> Any:
        return json.loads(self.body)


class HttpError(CommError):
    """The server answered, and refused: status and body say how."""

    def __init__(self, message: str, status: int = 0, body: bytes = b"") -> None:
        super().__init__(message)
        self.status = status
        self.body = body


class KeyRefused(AuthenticationError, HttpError):
    """The key was not accepted: both what scripts catch for it and what tells the status."""


class Stream:
    """An answer that is read as it comes. Use it as a context manager; what is not read closes the connection."""

    def __init__(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> None:
        self._connection = connection
        self._response = response
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}

    def read(self, size: int = -1) -> bytes:
        return self._response.read(None if size < 0 else size)

    def readinto(self, buffer: Any) -> int:
        return self._response.readinto(buffer)

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.read(CHUNK_BYTES):
            yield chunk

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()


class Transport:
    """Talks to the server at base_url; `timeout` is seconds of silence, `retry_seconds` how long failures are retried."""

    def __init__(
        self,
        base_url: str,
        api_key: str | None = None,
        timeout: float | None = None,
        retry_seconds: float | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.api_key = api_key
        self.timeout = DEFAULT_TIMEOUT if timeout is None else float(timeout)
        self.retry_seconds = RETRY_SECONDS if retry_seconds is None else float(retry_seconds)
        self._base = urlsplit(self.base_url)
        if self._base.scheme not in ("http", "https") or not self._base.hostname:
            raise CommError(f"a base URL begins with http:// or https://, got {base_url!r}")
        self._begin()

    def _begin(self) -> None:
        self._local = threading.local()
        self._proxies: dict[tuple[str, str], SplitResult | None] = {}
        self._tls: ssl.SSLContext | None = None

    def __getstate__(self) -> tuple[str, str | None, float, float]:
        return (self.base_url, self.api_key, self.timeout, self.retry_seconds)

    def __setstate__(self, state: tuple[str, str | None, float, float]) -> None:
        self.base_url, self.api_key, self.timeout, self.retry_seconds = state
        self._base = urlsplit(self.base_url)
        self._begin()

    @classmethod
    def of_environment(
        cls: type[Kind], base_url: str | None = None, api_key: str | None = None, timeout: float | None = None
    ) -> Kind:
        """What is not given comes from BAROGRAPH_ and WANDB_ variables, the settings file, and the netrc file."""
        settings = Settings(base_url=base_url, api_key=api_key).filled()
        if timeout is None and (text := variable("HTTP_TIMEOUT")):
            timeout = float(text)
        return cls(settings.base_url or "", settings.api_key, timeout)

    # ---- GraphQL ----

    def query(self, document: str, variables: Mapping[str, Any] | None = None, timeout: float | None = None) -> dict[str, Any]:
        """The reply's data. CommError with the server's own sentence when it reports an error."""
        body = json.dumps({"query": document, "variables": dict(variables or {})}).encode()
        reply = self.request("POST", "/graphql", body, {"Content-Type": "application/json"}, timeout)
        try:
            answer = json.loads(reply.body)
            if not isinstance(answer, dict):
                raise ValueError
        except ValueError:
            raise CommError(f"{self.base_url} did not answer in JSON: is BAROGRAPH_BASE_URL right?") from None
        if answer.get("errors"):
            raise HttpError(_graphql_message(answer["errors"]), reply.status, reply.body)
        data: dict[str, Any] = answer.get("data") or {}
        return data

    # ---- plain requests ----

    def request(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        headers: Headers | None = None,
        timeout: float | None = None,
    ) -> Reply:
        """One request with its whole answer, retried while that may help. A path is taken from base_url."""

        def attempt() -> Reply:
            connection, place, response = self._send(method, url, body, headers, timeout)
            content = _plain(response, response.read())
            self._keep(place, connection, response)
            return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, content)

        return self._retried(attempt, url)

    def open(self, url: str, headers: Headers | None = None) -> Stream:
        """The answer to a GET, to be read piece by piece."""

        def attempt() -> Stream:
            connection, _, response = self._send("GET", url, None, headers, None)
            return Stream(connection, response)

        return self._retried(attempt, url)

    def download(
        self,
        url: str,
        path: str | os.PathLike[str],
        headers: Headers | None = None,
        hasher: Any = None,
        on_bytes: Callable[[int], object] | None = None,
    ) -> int:
        """Writes a file and answers its size. It appears under its name when it is whole.

        A download that breaks goes on where it broke. hasher (as of hashlib) is fed with every byte once.
        """
        temporary = f"{os.fspath(path)}.{os.getpid()}-{threading.get_ident()}.part"
        try:
            with open(temporary, "wb") as file:
                self._retried(lambda: self._download_rest(url, file, headers, hasher, on_bytes), url, file.tell)
                size = file.tell()
            os.replace(temporary, path)
        except BaseException:
            if os.path.exists(temporary):
                os.unlink(temporary)
            raise
        return size

    def _download_rest(
        self, url: str, file: IO[bytes], headers: Headers | None, hasher: Any, on_bytes: Callable[[int], object] | None
    ) -> None:
        done = file.tell()
        wanted = {**_header_dict(headers), "Accept-Encoding": "identity"}
        if done:
            wanted["Range"] = f"bytes={done}-"
        connection, place, response = self._send("GET", url, None, wanted, None)
        skip = done if response.status == 200 else 0  # a server without ranges begins again
        while chunk := response.read(CHUNK_BYTES):
            kept = chunk[skip:]
            skip -= len(chunk) - len(kept)
            file.write(kept)
            if hasher is not None:
                hasher.update(kept)
            if on_bytes is not None:
                on_bytes(len(kept))
        # http.client answers a body that was cut with fewer bytes, not with an error, when it is read by pieces.
        if response.length:
            connection.close()
            raise http.client.IncompleteRead(b"", response.length)
        self._keep(place, connection, response)

    def upload(
        self, url: str, source: str | os.PathLike[str] | bytes, headers: Headers | None = None, method: str = "PUT"
    ) -> Reply:
        """Sends a file, or bytes, as the body."""

        def attempt() -> Reply:
            if isinstance(source, bytes):
                return self._upload_once(url, source, len(source), headers, method)
            with open(source, "rb") as file:
                return self._upload_once(url, file, os.fstat(file.fileno()).st_size, headers, method)

        return self._retried(attempt, url)

    def _upload_once(self, url: str, body: Any, size: int, headers: Headers | None, method: str) -> Reply:
        wanted = {**_header_dict(headers), "Content-Length": str(size)}
        connection, place, response = self._send(method, url, body, wanted, None)
        content = response.read()
        self._keep(place, connection, response)
        return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, content)

    # ---- one try ----

    def _send(
        self, method: str, url: str, body: Any, headers: Headers | None, timeout: float | None
    ) -> tuple[http.client.HTTPConnection, tuple[str, str], http.client.HTTPResponse]:
        """Sends, follows redirects, and raises HttpError from 400 on. The body is the caller's to read."""
        target = url if "://" in url else self.base_url + url
        for _ in range(REDIRECTS_MAX + 1):
            parts = urlsplit(target)
            connection, place, response = self._exchange(method, parts, body, self._headers(parts, headers), timeout)
            location = response.getheader("Location")
            if response.status in REDIRECTS and location:
                response.read()
                self._keep(place, connection, response)
                target = urljoin(target, location)
                if response.status == 303:
                    method, body = "GET", None
                elif hasattr(body, "seek"):
                    body.seek(0)
                continue
            if response.status >= 400:
                content = _plain(response, response.read())
                self._keep(place, connection, response)
                raise self._refusal(response, parts, content)
            return connection, place, response
        raise CommError(f"{_shown(urlsplit(target))} redirects more than {REDIRECTS_MAX} times")

    def _exchange(
        self, method: str, parts: SplitResult, body: Any, headers: dict[str, str], timeout: float | None
    ) -> tuple[http.client.HTTPConnection, tuple[str, str], http.client.HTTPResponse]:
        place = (parts.scheme, parts.netloc)
        limit = self.timeout if timeout is None else timeout
        connection = self._pool().pop(place, None)
        is_kept = connection is not None
        while True:
            connection = connection or self._connect(parts)
            connection.timeout = limit
            if connection.sock is not None:
                connection.sock.settimeout(limit)
            try:
                connection.request(method, self._request_target(parts), body, headers)
                return connection, place, connection.getresponse()
            except (http.client.BadStatusLine, BrokenPipeError, ConnectionResetError, ConnectionAbortedError):
                connection.close()
                # A kept connection that the server had closed meanwhile says nothing about the server.
                if not is_kept or not (body is None or isinstance(body, bytes)):
                    raise
                connection, is_kept = None, False
            except BaseException:
                connection.close()
                raise

    def _headers(self, parts: SplitResult, headers: Headers | None) -> dict[str, str]:
        wanted = {"User-Agent": "barograph-python/0.1.0", "Accept-Encoding": "gzip"}
        if _is_this_machine(parts):
            wanted["Accept-Encoding"] = "identity"  # a network that is faster than any compression
        if self.api_key and (parts.scheme, parts.netloc) == (self._base.scheme, self._base.netloc):
            token = base64.b64encode(f"api:{self.api_key}".encode()).decode()
            wanted["Authorization"] = f"Basic {token}"
        proxy = self._proxy(parts) if parts.scheme == "http" else None  # a tunnel has said who it is
        return {**wanted, **(_proxy_headers(proxy) if proxy else {}), **_header_dict(headers)}

    # ---- connections ----

    def _pool(self) -> dict[tuple[str, str], http.client.HTTPConnection]:
        """This thread's idle connections; a forked child begins with none, because sockets cannot be shared."""
        local = self._local
        if getattr(local, "pid", None) != os.getpid():
            local.pid, local.idle = os.getpid(), {}
        idle: dict[tuple[str, str], http.client.HTTPConnection] = local.idle
        return idle

    def _keep(
        self, place: tuple[str, str], connection: http.client.HTTPConnection, response: http.client.HTTPResponse
    ) -> None:
        if response.will_close or not response.isclosed():
            connection.close()
        else:
            self._pool()[place] = connection

    def close(self) -> None:
        """Closes this thread's idle connections."""
        pool = self._pool()
        while pool:
            pool.popitem()[1].close()

    def _connect(self, parts: SplitResult) -> http.client.HTTPConnection:
        proxy = self._proxy(parts)
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "https":
            if proxy is None:
                return http.client.HTTPSConnection(host, port, timeout=self.timeout, context=self._tls_context())
            tunnel = http.client.HTTPSConnection(
                proxy.hostname or "", proxy.port or 8080, timeout=self.timeout, context=self._tls_context()
            )
            tunnel.set_tunnel(host, port or 443, _proxy_headers(proxy))
            return tunnel
        if proxy is not None:
            return http.client.HTTPConnection(proxy.hostname or "", proxy.port or 8080, timeout=self.timeout)
        return http.client.HTTPConnection(host, port, timeout=self.timeout)

    def _request_target(self, parts: SplitResult) -> str:
        path = urlunsplit(("", "", parts.path or "/", parts.query, ""))
        if parts.scheme == "http" and self._proxy(parts) is not None:
            return f"http://{parts.netloc}{path}"
        return path

    def _proxy(self, parts: SplitResult) -> SplitResult | None:
        place = (parts.scheme, parts.netloc)
        if place not in self._proxies:
            self._proxies[place] = _proxy_of(parts)
        return self._proxies[place]

    def _tls_context(self) -> ssl.SSLContext:
        if self._tls is None:
            place = os.environ.get("SSL_CERT_FILE") or os.environ.get("REQUESTS_CA_BUNDLE") or None
            is_folder = place is not None and os.path.isdir(place)
            self._tls = ssl.create_default_context(
                cafile=None if is_folder else place, capath=place if is_folder else None
            )
        return self._tls

    # ---- retries and refusals ----

    def _retried(self, attempt: Callable[[], Any], url: str, progress: Callable[[], int] = lambda: 0) -> Any:
        """Tries until retry_seconds after the first failure, or after the first since progress was made."""
        deadline, done, delay = 0.0, -1, DELAY_FIRST
        while True:
            wait = delay * (0.5 + random.random() / 2)
            try:
                return attempt()
            except HttpError as error:
                if error.status not in RETRIED_STATUSES:
                    raise
                wait = getattr(error, "retry_after", None) or wait
                failure: CommError = error
            except ssl.SSLCertVerificationError as error:
                raise CommError(
                    f"{self._place(url)} has a certificate that is not trusted ({error.verify_message}); "
                    "SSL_CERT_FILE names the authority's"
                ) from error
            except (OSError, http.client.HTTPException) as error:
                failure = CommError(self._unreachable(url, error))
                failure.__cause__ = error
            if progress() != done:
                done, delay = progress(), DELAY_FIRST
                deadline = time.monotonic() + self.retry_seconds
            if time.monotonic() + wait > deadline:
                raise failure
            time.sleep(wait)
            delay = min(delay * 2, DELAY_MAX)

    def _place(self, url: str) -> str:
        return _shown(urlsplit(url if "://" in url else self.base_url), with_path=False)

    def _unreachable(self, url: str, error: Exception) -> str:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        if isinstance(error, (socket.timeout, TimeoutError)):
            reason = "no answer in time"
        return f"cannot reach {self._place(url)}: {reason}; is the server running, and BAROGRAPH_BASE_URL right?"

    def _refusal(self, response: http.client.HTTPResponse, parts: SplitResult, body: bytes) -> HttpError:
        sentence = _sentence(body)
        status = response.status
        if status == 401:
            return KeyRefused(
                f"{_shown(parts, with_path=False)} did not accept the API key"
                f"{'' if self.api_key else ' (none is set)'}; `barograph login` or BAROGRAPH_API_KEY sets one",
                status,
                body,
            )
        error = HttpError(sentence or f"{_shown(parts)} answered {status} {response.reason}", status, body)
        error.retry_after = _retry_after(response.getheader("Retry-After"))  # type: ignore[attr-defined]
        return error


def _header_dict(headers: Headers | None) -> dict[str, str]:
    """Also of a list of "Name: value", as upload headers come."""
    if headers is None:
        return {}
    if isinstance(headers, Mapping):
        return dict(headers)
    pairs = (line.partition(":") for line in headers)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _plain(response: http.client.HTTPResponse, body: bytes) -> bytes:
    return gzip.decompress(body) if response.getheader("Content-Encoding") == "gzip" else body


def _shown(parts: SplitResult, with_path: bool = True) -> str:
    """An address for people: without the query, which may hold a signature."""
    return f"{parts.scheme}://{parts.netloc}{parts.path if with_path else ''}"


def _is_this_machine(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _proxy_of(parts: SplitResult) -> SplitResult | None:
    """What HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY say; this very machine is never behind a proxy."""
    proxies = urllib.request.getproxies()
    address = proxies.get(parts.scheme) or proxies.get("all")
    if not address or _is_this_machine(parts) or urllib.request.proxy_bypass(parts.netloc):
        return None
    return urlsplit(address if "://" in address else f"http://{address}")


def _proxy_headers(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    token = base64.b64encode(pair.encode()).decode()
    return {"Proxy-Authorization": f"Basic {token}"}


def _retry_after(text: str | None) -> float | None:
    """Seconds, from a number or a date."""
    if text is None:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _sentence(body: bytes) -> str:
    """What the server says in JSON, as {"error": ...} or GraphQL's errors; empty when it says nothing to show."""
    try:
        answer = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(answer, dict):
        return ""
    if answer.get("errors"):
        return _graphql_message(answer["errors"])
    error = answer.get("error") or answer.get("message") or ""
    return error if isinstance(error, str) else ""


def _graphql_message(errors: Any) -> str:
    if isinstance(errors, list):
        sentences = [error.get("message", "") if isinstance(error, dict) else str(error) for error in errors]
        return "; ".join(dict.fromkeys(sentence for sentence in sentences if sentence)) or "the server reported an error"
    return str(errors)
