"""model.py - a project between two places."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Iterator

from barograph.errors import Error
from barograph.importers.connection import Answer, Digests, FilePart


class Damaged(Error):
    """What was to be carried is not what it was."""


@dataclass
class SourceFile:
    name: str
    read: Callable[[], "bytes | memoryview"]
    md5: str | None = None  # base64; None: not known
    open: Callable[[], Answer] | None = None  # from a server: read as it comes
    part: FilePart | None = None  # of an archive: not yet held against these
    digests: Digests = field(default_factory=Digests)

    def check(self) -> None:
        if self.part is not None and hashlib.sha256(self.part.content).digest() != self.digests.sha256:
            raise Damaged(f"'{self.name}' is not what was exported: the archive is damaged")


@dataclass
class Run:
    name: str
    facts: dict[str, Any] = field(default_factory=dict)  # as GraphQL's Run names them
    rows: Callable[[], Iterator[dict[str, Any]]] = lambda: iter(())
    events: Callable[[], Iterator[dict[str, Any]]] = lambda: iter(())
    files: list[SourceFile] = field(default_factory=list)
    # What it printed: number, line, and level, label and timestamp where they are known.
    console: Callable[[], Iterator[dict[str, Any]]] = lambda: iter(())
    # By stream, "history" or "events", from row N on: batches as Arrow has them, where rows are columns already.
    tables: Callable[[str, int], Iterator[Any]] | None = None


@dataclass
class Artifact:
    facts: dict[str, Any]  # name, type, versionIndex, digest, aliases, tags, metadata, description, runName
    manifest: bytes
    files: list[SourceFile]


@dataclass
class View:
    """A report, a draft of one, or a saved workspace."""

    facts: dict[str, Any]  # as GraphQL's View names them


@dataclass
class Project:
    runs: Callable[[], Iterable[Run]]
    run_count: int = 0
    artifacts: Callable[[], Iterable[Artifact]] = lambda: ()
    views: Callable[[], Iterable[View]] = lambda: ()
    sweeps: Callable[[], Iterable[dict[str, Any]]] = lambda: ()
    # What collections have beside their versions: description, tags; of portfolios, the versions that they link to.
    collections: Callable[[], Iterable[dict[str, Any]]] = lambda: ()
    automations: Callable[[], Iterable[dict[str, Any]]] = lambda: ()
    description: str | None = None
    left: list[str] = field(default_factory=list)  # what could not be carried, a sentence each


def md5_of(content: bytes | memoryview) -> str:
    import base64

    return base64.b64encode(hashlib.md5(content).digest()).decode()
