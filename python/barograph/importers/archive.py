"""archive.py - a project as one tar archive: docs/moving.md describes it. Histories are Parquet, all else JSON and bytes.

The last file is SHA256SUMS over all others: an archive without it is not whole, and one whose sums differ is refused.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import tarfile
import tempfile
from pathlib import Path
from typing import Any, BinaryIO, Iterator

from barograph.errors import Error
from barograph.importers.connection import Connection
from barograph.importers.model import Artifact, Project, Report, Run, SourceFile

FORMAT, ABOUT, SUMS = 1, "barograph-export.json", "SHA256SUMS"
PIECE_BYTES, BATCH_ROWS = 1 << 20, 16384


def _arrow() -> Any:
    try:
        import pyarrow
        import pyarrow.ipc
        import pyarrow.parquet
    except ImportError:
        raise Error("histories are written and read as Parquet with pyarrow: pip install pyarrow") from None
    return pyarrow


# ---- writing ----


class Writer:
    """Whole or not there: written beside, and renamed at the end."""

    def __init__(self, path: Path):
        self._path, self._part = path, path.with_name(path.name + ".part")
        if path.exists():
            raise Error(f"'{path}' exists; choose another name")
        self._tar = tarfile.open(self._part, "w", format=tarfile.PAX_FORMAT)
        self._sums: list[str] = []

    def add(self, name: str, content: bytes) -> None:
        self.add_file(name, io.BytesIO(content))

    def add_file(self, name: str, file: BinaryIO) -> None:
        hashing = hashlib.sha256()
        file.seek(0)
        while piece := file.read(PIECE_BYTES):
            hashing.update(piece)
        facts = tarfile.TarInfo(name)
        facts.size, facts.mode = file.tell(), 0o600
        file.seek(0)
        self._tar.addfile(facts, file)
        if name != SUMS:
            self._sums.append(f"{hashing.hexdigest()}  {name}\n")

    def finish(self) -> None:
        self.add(SUMS, "".join(self._sums).encode())
        self._tar.close()
        with open(self._part, "rb") as file:
            os.fsync(file.fileno())
        self._part.rename(self._path)

    def cancel(self) -> None:
        self._tar.close()
        self._part.unlink(missing_ok=True)


def write_archive(path: Path, connection: Connection, entity: str, project: Project, name: str, progress: Any) -> dict[str, int]:
    counts = {"runs": 0, "files": 0, "artifacts": 0, "reports": 0}
    writer = Writer(path)
    try:
        writer.add(ABOUT, json.dumps({"format": FORMAT, "entity": entity, "project": name, "server": connection.base_url}).encode())
        lines = []
        for run in project.runs():
            lines.append(json.dumps({**run.facts, "files": _add_run(writer, connection, entity, name, run)}))
            counts["runs"] += 1
            counts["files"] += len(run.files)
            progress(counts["runs"], max(project.run_count, counts["runs"]), run.name)
        writer.add("runs.jsonl", "".join(f"{line}\n" for line in lines).encode())
        lines = []
        for number, artifact in enumerate(project.artifacts()):
            writer.add(f"artifacts/{number}/manifest.json", artifact.manifest)
            for file in artifact.files:
                writer.add(f"artifacts/{number}/files/{file.name}", file.read())
            lines.append(json.dumps({**artifact.facts, "files": [file.name for file in artifact.files]}))
        counts["artifacts"] = len(lines)
        writer.add("artifacts.jsonl", "".join(f"{line}\n" for line in lines).encode())
        reports = [json.dumps(report.facts) for report in project.reports()]
        counts["reports"] = len(reports)
        writer.add("reports.jsonl", "".join(f"{line}\n" for line in reports).encode())
        writer.finish()
    except BaseException:
        writer.cancel()
        raise
    return counts


def _add_run(writer: Writer, connection: Connection, entity: str, project: str, run: Run) -> list[dict[str, Any]]:
    for stream, folder in (("history", "history"), ("events", "events")):
        with tempfile.TemporaryFile() as file:
            asked = {"entity": entity, "project": project, "runs": [run.name], "stream": stream}
            with connection.open("POST", "/api/history/columns", json.dumps(asked).encode(), **{"Content-Type": "application/json"}) as answer:
                rows = _write_parquet(answer, file)
            if rows:
                writer.add_file(f"{folder}/{run.name}.parquet", file)
    files = []
    for source in run.files:
        writer.add(f"files/{run.name}/{source.name}", source.read())
        files.append({"name": source.name, "md5": source.md5})
    return files


def _write_parquet(arrow_stream: BinaryIO, file: BinaryIO) -> int:
    """A batch at a time: histories may be larger than memory."""
    arrow = _arrow()
    rows = 0
    reader = arrow.ipc.open_stream(arrow_stream)
    with arrow.parquet.ParquetWriter(file, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


# ---- reading ----


class Reader:
    def __init__(self, path: Path):
        self._tar = tarfile.open(path, "r:")
        self._members = {member.name: member for member in self._check(path)}

    def _check(self, path: Path) -> list[tarfile.TarInfo]:
        """Every byte, before anything is used."""
        members, sums = self._tar.getmembers(), []
        if not members or members[0].name != ABOUT:
            raise Error(f"'{path}' is no archive of `barograph export`")
        if members[-1].name != SUMS:
            raise Error(f"'{path}' ends too early: it has no {SUMS}")
        about = json.loads(self._open(members[0]).read())
        if about.get("format") != FORMAT:
            raise Error(f"'{path}' has format {about.get('format')}; this program reads {FORMAT}")
        self.about = about
        for member in members[:-1]:
            hashing = hashlib.sha256()
            file = self._open(member)
            while piece := file.read(PIECE_BYTES):
                hashing.update(piece)
            sums.append(f"{hashing.hexdigest()}  {member.name}\n")
        if self._open(members[-1]).read() != "".join(sums).encode():
            raise Error(f"the bytes of '{path}' are not those that were exported")
        return members

    def _open(self, member: tarfile.TarInfo) -> BinaryIO:
        file = self._tar.extractfile(member)
        if file is None:
            raise Error(f"'{member.name}' is no file")
        return file  # type: ignore[return-value]

    def read(self, name: str) -> bytes:
        return self._open(self._members[name]).read()

    def _lines(self, name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.read(name).splitlines()]

    def project(self) -> Project:
        facts = self._lines("runs.jsonl")
        return Project(
            runs=lambda: map(self._run, facts),
            run_count=len(facts),
            artifacts=lambda: (self._artifact(number, found) for number, found in enumerate(self._lines("artifacts.jsonl"))),
            reports=lambda: map(Report, self._lines("reports.jsonl")),
        )

    def _reader(self, name: str) -> Any:
        return lambda: self.read(name)

    def _run(self, facts: dict[str, Any]) -> Run:
        name = facts["name"]
        files = [SourceFile(file["name"], self._reader(f"files/{name}/{file['name']}"), file["md5"]) for file in facts["files"]]
        return Run(name, facts, lambda: self._rows(f"history/{name}.parquet"), lambda: self._rows(f"events/{name}.parquet"), files)

    def _artifact(self, number: int, facts: dict[str, Any]) -> Artifact:
        files = [SourceFile(name, self._reader(f"artifacts/{number}/files/{name}")) for name in facts["files"]]
        return Artifact(facts, self.read(f"artifacts/{number}/manifest.json"), files)

    def _rows(self, name: str) -> Iterator[dict[str, Any]]:
        if name not in self._members:
            return
        found = _arrow().parquet.ParquetFile(self._open(self._members[name]))
        columns = [_Column(field) for field in found.schema_arrow]
        for batch in found.iter_batches(BATCH_ROWS):
            values = [column.to_pylist() for column in batch.columns]
            for cells in zip(*values):
                yield _to_row(columns, cells)


class _Column:
    def __init__(self, field: Any):
        facts = field.metadata or {}
        self.path = json.loads(facts[b"barograph.path"]) if b"barograph.path" in facts else [field.name]
        self.is_json = facts.get(b"barograph.json") == b"true"


def _to_row(columns: list[_Column], cells: tuple[Any, ...]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column, cell in zip(columns, cells):
        if cell is None:
            continue
        place = row
        for part in column.path[:-1]:
            place = place.setdefault(part, {})
        place[column.path[-1]] = json.loads(cell) if column.is_json else cell
    return row


def split_project(text: str) -> tuple[str, str]:
    if not re.fullmatch(r"[^/]+/[^/]+", text):
        raise Error(f"'{text}' is no ENTITY/PROJECT")
    entity, _, project = text.partition("/")
    return entity, project
