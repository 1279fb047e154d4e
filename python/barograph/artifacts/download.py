"""download.py - brings an artifact's files to a folder: in parallel, from the cache where it can, held against digests.

A file that is already there with the right content is left alone, so a download that broke goes on where it was.
"""

from __future__ import annotations

import base64
import os
import stat
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Iterator
from urllib.parse import quote

from barograph.artifacts import cache, references
from barograph.artifacts.documents import FILE_URLS
from barograph.artifacts.manifest import ArtifactManifestEntry, digest_as_hex, file_digest, new_hasher
from barograph.artifacts.names import place_in, refuse_case_clashes, refuse_escape

if TYPE_CHECKING:
    from barograph.artifacts.artifact import Artifact

THREADS = 16
URLS_PER_PAGE = 5000
PART_BYTES = 100 << 20
PARALLEL_FROM_BYTES = 2 << 30
ADDRESS_REFUSED = (401, 403)
SMALL_BYTES = 1 << 20
_AS_IT_IS = {"Accept-Encoding": "identity"}


def download_all(
    artifact: Artifact,
    root: str,
    allow_missing_references: bool,
    skip_cache: bool | None,
    path_prefix: str | None,
    multipart: bool | None,
) -> str:
    wanted = [entry for path, entry in artifact.manifest.entries.items() if path.startswith(path_prefix or "")]
    os.makedirs(root, exist_ok=True)
    refuse_case_clashes((entry.path for entry in wanted), root)
    folders = _Folders(root)

    def one(entry: ArtifactManifestEntry) -> None:
        try:
            _bring(artifact, entry, folders, skip_cache, multipart)
        except FileNotFoundError as error:
            if not (allow_missing_references and entry.ref is not None):
                raise
            print(f"barograph: {error}", file=sys.stderr)

    with ThreadPoolExecutor(THREADS) as pool:
        pending: list[Future[None]] = []
        for entry in _with_addresses(artifact, wanted):
            pending.append(pool.submit(one, entry))
        try:
            for future in pending:
                future.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return root


def _with_addresses(artifact: Artifact, wanted: list[ArtifactManifestEntry]) -> Iterator[ArtifactManifestEntry]:
    """Entries as the server tells where they lie. References need no address, nor does what is already cached."""
    missing = {entry.path: entry for entry in wanted if entry.ref is None}
    yield from (entry for entry in wanted if entry.ref is not None)
    if len(missing) == 1:
        yield from missing.values()  # fetched by its own address
        return
    cursor = None
    while missing:
        files = _address_page(artifact, cursor)
        for edge in files["edges"]:
            node = edge["node"]
            entry = missing.pop(node["name"], None)
            if entry is not None:
                entry._download_url = node["directUrl"]
                yield entry
        if not files["pageInfo"]["hasNextPage"]:
            break
        cursor = files["pageInfo"]["endCursor"]
    yield from missing.values()


def _address_page(artifact: Artifact, cursor: str | None) -> dict[str, Any]:
    data = artifact._query(
        FILE_URLS,
        {
            "entity": artifact.entity,
            "project": artifact.project,
            "collection": artifact.name.split(":")[0],
            "alias": artifact.version,
            "cursor": cursor,
            "perPage": URLS_PER_PAGE,
        },
    )
    try:
        files: dict[str, Any] = data["project"]["artifactCollection"]["artifactMembership"]["files"]
    except (KeyError, TypeError):
        raise ValueError(f"the server does not know the files of {artifact.name!r}") from None
    return files


def download_entry(
    artifact: Artifact,
    entry: ArtifactManifestEntry,
    root: str | os.PathLike[str] | None,
    skip_cache: bool | None,
    multipart: bool | None = None,
) -> str:
    """Answers the file's path. Nothing is fetched when the file is there with the right content."""
    return _bring(artifact, entry, _Folders(artifact._download_root(root)), skip_cache, multipart)


class _Folders:
    """Where entries go. A folder is looked at, and made, for the first of its files only: with thousands of small ones,
    each call of the system is one more fight of the threads over the interpreter."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._known: dict[str, str] = {}

    def place(self, path: str) -> str:
        refuse_escape(path)
        folder, _, name = path.rpartition("/")
        known = self._known.get(folder)
        if known is not None:
            return os.path.join(known, name)
        place = place_in(self._root, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        self._known[folder] = os.path.dirname(place)
        return place


def _bring(
    artifact: Artifact, entry: ArtifactManifestEntry, folders: _Folders, skip_cache: bool | None, multipart: bool | None
) -> str:
    destination = folders.place(entry.path)
    try:
        there = os.lstat(destination)
    except OSError:
        there = None
    if there is not None:
        if _is_right(destination, there, entry):
            return destination
        if stat.S_ISLNK(there.st_mode):
            os.unlink(destination)  # replaced, not written through
    write_entry(artifact, entry, destination, skip_cache, multipart)
    return destination


def _is_right(path: str, there: os.stat_result, entry: ArtifactManifestEntry) -> bool:
    if stat.S_ISLNK(there.st_mode) or (entry.ref is None and entry.size is not None and there.st_size != entry.size):
        return False
    try:
        return file_digest(path, entry.algorithm) == entry.digest
    except OSError:
        return False


def write_entry(
    artifact: Artifact,
    entry: ArtifactManifestEntry,
    destination: str,
    skip_cache: bool | None,
    multipart: bool | None = None,
) -> None:
    if entry.ref is not None:
        references.fetch(artifact, entry, destination)
        return
    place = cache.place_of_digest(entry.digest, entry.algorithm)
    if not skip_cache and cache.take(place, destination, entry.size, entry.digest, entry.algorithm):
        return
    _fetch(artifact, entry, destination, multipart)
    if not skip_cache:
        cache.keep(destination, place)


def _fetch(artifact: Artifact, entry: ArtifactManifestEntry, destination: str, multipart: bool | None) -> None:
    url = entry._download_url or own_address(artifact, entry)
    size = entry.size or 0
    if (size >= PARALLEL_FROM_BYTES) if multipart is None else (multipart and size > PART_BYTES):
        digest = _fetch_in_parts(artifact, url, size, destination, entry.algorithm)
    else:
        digest = _fetch_whole(artifact, entry, url, destination)
    if digest != entry.digest:
        os.unlink(destination)
        raise ValueError(f"{entry.path!r} came with digest {digest!r}, the manifest says {entry.digest!r}")


def _fetch_whole(artifact: Artifact, entry: ArtifactManifestEntry, url: str, destination: str) -> str:
    """Files of moderate size in one piece, hashed as they come. An address that has expired is asked for again."""
    from barograph.transport import HttpError

    try:
        return _fetch_from(artifact, entry, url, destination)
    except HttpError as error:
        other = own_address(artifact, entry)
        if error.status not in ADDRESS_REFUSED or url == other:
            raise
        return _fetch_from(artifact, entry, other, destination)


def _fetch_from(artifact: Artifact, entry: ArtifactManifestEntry, url: str, destination: str) -> str:
    hasher = new_hasher(entry.algorithm)
    if entry.size is None or entry.size > SMALL_BYTES:
        artifact._connected().download(url, destination, None, hasher)
    else:
        body = artifact._connected().request("GET", url, None, _AS_IT_IS).body
        hasher.update(body)
        temporary = cache.temporary_name(destination)
        _write(temporary, body)
        os.replace(temporary, destination)
    return base64.b64encode(hasher.digest()).decode()


def _write(path: str, body: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | getattr(os, "O_BINARY", 0), 0o666)
    try:
        while body:
            body = body[os.write(file, body) :]
    finally:
        os.close(file)


def _fetch_in_parts(artifact: Artifact, url: str, size: int, destination: str, algorithm: str) -> str:
    """Large files by ranges, several at once, written to where they belong."""
    transport = artifact._connected()
    temporary = f"{destination}.{os.getpid()}.part"

    def part(first: int) -> None:
        last = min(first + PART_BYTES, size) - 1
        reply = transport.request("GET", url, None, {"Range": f"bytes={first}-{last}", "Accept-Encoding": "identity"})
        if reply.status != 206 or len(reply.body) != last - first + 1:
            raise ValueError(f"the server answered {reply.status} to a request for a part of {destination!r}")
        os.pwrite(file, reply.body, first)

    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(part, range(0, size, PART_BYTES)))
        os.close(file)
        file = -1
        digest = file_digest(temporary, algorithm)
        os.replace(temporary, destination)
    finally:
        if file >= 0:
            os.close(file)
        if os.path.exists(temporary):
            os.unlink(temporary)
    return digest


def own_address(artifact: Artifact, entry: ArtifactManifestEntry) -> str:
    """Where the server serves an entry to whoever may read the artifact."""
    parts = (
        artifact.manifest.policy_config.get("storageRegion", "default"),
        artifact.entity,
        artifact.project,
        artifact.name.split(":")[0],
        artifact.id or "",
        entry.birth_artifact_id or artifact.id or "",
        digest_as_hex(entry.digest),
        os.path.basename(entry.path),
    )
    return f"{artifact._connected().base_url}/artifactsV2/" + "/".join(quote(part, safe="") for part in parts)
