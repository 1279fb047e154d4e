"""archive.py - a project as one tar archive: docs/moving.md describes it. Histories are Parquet, all else JSON and bytes.

The last file is SHA256SUMS over all others: an archive without it is not whole, and one whose sums differ is refused. Logged files are
held against them when they are used, all else before anything is.
"""

from __future__ import annotations

import base64
import hashlib
import json
import mmap
import re
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Iterator

from barograph.errors import Error
from barograph.importers.connection import Digests, FilePart
from barograph.importers.model import Artifact, Damaged, Project, Run, SourceFile, View

# Format 1 had neither consoles nor sweeps nor collections, and of views only reports. Up to 2 the MD5 of a run's file was the one that was
# listed before it was fetched.
FORMAT, FORMATS, ABOUT, SUMS = 3, (1, 2, 3), "barograph-export.json", "SHA256SUMS"
BATCH_ROWS, THREADS = 16384, 3
_LOGGED = re.compile(r"(files|artifacts/[0-9]+/files)/")
_SUM = re.compile(r"([0-9a-f]{64})  (.+)")


def arrow() -> Any:
    try:
        import pyarrow
        import pyarrow.ipc
        import pyarrow.parquet
    except ImportError:
        raise Error("histories are written and read as Parquet with pyarrow: pip install pyarrow") from None
    return pyarrow


class Reader:
    """The file is mapped, not read: parts of it are checked, and sent, where they lie."""

    def __init__(self, path: Path):
        self._source = open(path, "rb", buffering=0)
        try:
            self._bytes = memoryview(mmap.mmap(self._source.fileno(), 0, access=mmap.ACCESS_READ))
        except ValueError:
            raise Error(f"'{path}' is empty") from None
        with tarfile.open(fileobj=self._source, mode="r:") as tar:
            members = tar.getmembers()
        self._members = {member.name: member for member in members}
        self._sums: dict[str, bytes] = {}
        self._check(path, members)

    def _check(self, path: Path, members: list[tarfile.TarInfo]) -> None:
        """That all is there, and every byte that is not of a logged file."""
        if not members or members[0].name != ABOUT:
            raise Error(f"'{path}' is no archive of `barograph export`")
        if members[-1].name != SUMS or len(self._members) != len(members):
            raise Error(f"'{path}' ends too early: it has no {SUMS}")
        for member in members:
            if not member.isreg() or member.offset_data + member.size > len(self._bytes):
                raise Error(f"'{member.name}' in '{path}' is no whole file")
        about = json.loads(bytes(self.read(ABOUT)))
        if not isinstance(about, dict) or about.get("format") not in FORMATS:
            raise Error(f"'{path}' has a format that this program does not read; it reads up to {FORMAT}")
        self.about = about
        with ThreadPoolExecutor(THREADS) as pool:
            # Takes as long as some of the sums, and is wanted next.
            if any(member.name.endswith(".parquet") for member in members):
                pool.submit(arrow)
            self._sums = self._read_sums()
            if list(self._sums) != [member.name for member in members[:-1]]:
                raise Damaged(f"'{path}' is damaged: its {SUMS} names other files than it has")
            early = [member for member in members[:-1] if not _LOGGED.match(member.name)]
            for member, is_right in zip(early, pool.map(self._is_right, early)):
                if not is_right:
                    raise Damaged(f"'{member.name}' in '{path}' is not what was exported: the archive is damaged")

    def _read_sums(self) -> dict[str, bytes]:
        lines = bytes(self.read(SUMS)).decode("utf-8", "replace").split("\n")
        told = [_SUM.fullmatch(line) for line in lines]
        return {line[2]: bytes.fromhex(line[1]) for line in told if line}

    def _is_right(self, member: tarfile.TarInfo) -> bool:
        return hashlib.sha256(self._part(member)).digest() == self._sums[member.name]

    def _part(self, member: tarfile.TarInfo) -> memoryview:
        return self._bytes[member.offset_data : member.offset_data + member.size]

    def read(self, name: str) -> memoryview:
        if name not in self._members:
            raise Error(f"the archive lacks '{name}'")
        return self._part(self._members[name])

    def _lines(self, name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in bytes(self.read(name)).splitlines()]

    def _lines_if_there(self, name: str) -> list[dict[str, Any]]:
        return self._lines(name) if name in self._members else []

    def project(self) -> Project:
        facts = self._lines("runs.jsonl")
        return Project(
            runs=lambda: map(self._run, facts),
            run_count=len(facts),
            artifacts=lambda: (self._artifact(number, found) for number, found in enumerate(self._lines("artifacts.jsonl"))),
            views=lambda: map(View, self._lines("reports.jsonl" if self.about["format"] == 1 else "views.jsonl")),
            sweeps=lambda: self._lines_if_there("sweeps.jsonl"),
            collections=lambda: self._lines_if_there("collections.jsonl"),
            automations=lambda: self._lines_if_there("automations.jsonl"),
            description=self.about.get("description"),
        )

    def _file(self, name: str, path: str, md5: str | None) -> SourceFile:
        content = self.read(path)
        digests = Digests(self._sums[path], base64.b64decode(md5) if md5 and self.about["format"] >= 3 else None)
        return SourceFile(name, lambda: content, md5, part=FilePart(self._source, self._members[path].offset_data, content), digests=digests)

    def _run(self, facts: dict[str, Any]) -> Run:
        name = facts["name"]
        files = [self._file(file["name"], f"files/{name}/{file['name']}", file["md5"]) for file in facts["files"]]
        return Run(
            name, facts, files=files, console=lambda: iter(self._lines_if_there(f"console/{name}.jsonl")),
            tables=lambda stream, first: self._tables(f"{stream}/{name}.parquet", first),
        )  # fmt: skip

    def _artifact(self, number: int, facts: dict[str, Any]) -> Artifact:
        manifest = bytes(self.read(f"artifacts/{number}/manifest.json"))
        entries = json.loads(manifest)["contents"]
        files = [self._file(name, f"artifacts/{number}/files/{name}", entries.get(name, {}).get("digest")) for name in facts["files"]]
        return Artifact(facts, manifest, files)

    def _tables(self, name: str, first: int) -> Iterator[Any]:
        if name not in self._members:
            return
        for batch in arrow().parquet.ParquetFile(arrow().BufferReader(self.read(name))).iter_batches(BATCH_ROWS):
            if first >= batch.num_rows:
                first -= batch.num_rows
                continue
            yield batch.slice(first)
            first = 0


TABLE_TYPE = "application/vnd.apache.arrow.stream"


def table_bytes(batch: Any) -> memoryview:
    """One batch of rows as the server's file_stream takes it."""
    found = arrow()
    sink = found.BufferOutputStream()
    with found.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return memoryview(sink.getvalue())


def split_project(text: str) -> tuple[str, str]:
    if not re.fullmatch(r"[^/]+/[^/]+", text):
        raise Error(f"'{text}' is no ENTITY/PROJECT")
    entity, _, project = text.partition("/")
    return entity, project
