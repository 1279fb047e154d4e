"""archive_writer.py - a project into one tar archive. Small files are fetched, and histories made into Parquet, by some threads ahead of
the one that writes; what is large goes through in pieces. docs/moving.md describes the archive."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import tempfile
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, Callable, Iterable, Iterator

from barograph.errors import Error
from barograph.importers.archive import ABOUT, FORMAT, PIECE_BYTES, SUMS, arrow
from barograph.importers.connection import Connection
from barograph.importers.model import Project, Run, SourceFile

# What waits to be written is at most AHEAD parts of AHEAD_BYTES.
THREADS, AHEAD, AHEAD_BYTES = 3, 6, 16 << 20
SYNC_BYTES = 64 << 20


class Writer:
    """Whole or not there: written beside, and renamed at the end. The disk writes while more comes."""

    def __init__(self, path: Path):
        self._path, self._part = path, path.with_name(path.name + ".part")
        if path.exists():
            raise Error(f"'{path}' exists; choose another name")
        self._file = open(self._part, "wb", buffering=0)
        self._sums: list[str] = []
        self._unsynced = 0
        self._sync: threading.Thread | None = None

    def add(self, name: str, content: bytes | memoryview, sha256: str | None = None) -> None:
        self._add(name, len(content), iter((content,)), sha256)

    def add_stream(self, name: str, size: int, file: BinaryIO) -> None:
        def pieces() -> Iterator[memoryview]:
            room = memoryview(bytearray(PIECE_BYTES))
            while count := file.readinto(room):  # type: ignore[attr-defined]
                yield room[:count]

        self._add(name, size, pieces(), None)

    def _add(self, name: str, size: int, pieces: Iterator[bytes | memoryview], sha256: str | None) -> None:
        facts = tarfile.TarInfo(name)
        facts.size, facts.mode = size, 0o600
        self._write(facts.tobuf(tarfile.PAX_FORMAT))
        hashing, written = hashlib.sha256(), 0
        for piece in pieces:
            if sha256 is None:
                hashing.update(piece)
            self._write(piece)
            written += len(piece)
        if written != size:
            raise Error(f"'{name}' was said to have {size} bytes, and {written} came")
        self._write(bytes(-size % tarfile.BLOCKSIZE))
        if name != SUMS:
            self._sums.append(f"{sha256 or hashing.hexdigest()}  {name}\n")

    def _write(self, content: bytes | memoryview) -> None:
        rest = memoryview(content)
        while rest:
            rest = rest[self._file.write(rest) :]
        self._unsynced += len(content)
        if self._unsynced >= SYNC_BYTES and (self._sync is None or not self._sync.is_alive()):
            self._sync = threading.Thread(target=os.fdatasync, args=(self._file.fileno(),))
            self._sync.start()
            self._unsynced = 0

    def finish(self) -> None:
        self.add(SUMS, "".join(self._sums).encode())
        self._write(bytes(2 * tarfile.BLOCKSIZE))
        if self._sync is not None:
            self._sync.join()
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.rename(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def cancel(self) -> None:
        if self._sync is not None:
            self._sync.join()
        self._file.close()
        self._part.unlink(missing_ok=True)


class _Ahead:
    """Parts are made by threads, a few at a time, and written in the order in which they were asked for."""

    def __init__(self, writer: Writer):
        self._writer = writer
        self._pool = ThreadPoolExecutor(THREADS)
        self._waiting: deque[tuple[str, Future[tuple[Any, str] | None] | SourceFile]] = deque()

    def add_file(self, name: str, source: SourceFile) -> None:
        if source.open is not None and source.size is not None and source.size > AHEAD_BYTES:
            self._put(name, source)
        else:
            self.add(name, source.read)

    def add(self, name: str, make: Callable[[], Any]) -> None:
        """make: bytes, or a file that is large; None writes nothing."""
        self._put(name, self._pool.submit(_make, make))

    def _put(self, name: str, part: Future[tuple[Any, str] | None] | SourceFile) -> None:
        self._waiting.append((name, part))
        while len(self._waiting) > AHEAD:
            self._write_one()

    def _write_one(self) -> None:
        name, part = self._waiting.popleft()
        if isinstance(part, SourceFile):
            with part.open() as file:  # type: ignore[misc]
                self._writer.add_stream(name, part.size or 0, file)
        elif (made := part.result()) is not None:
            content, sha256 = made
            if isinstance(content, (bytes, memoryview)):
                self._writer.add(name, content, sha256)
            else:
                self._writer.add_stream(name, content.seek(0, os.SEEK_END), _rewound(content))
                content.close()

    def finish(self) -> None:
        while self._waiting:
            self._write_one()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


def _make(make: Callable[[], Any]) -> tuple[Any, str] | None:
    content = make()
    if content is None or not isinstance(content, (bytes, memoryview)):
        return None if content is None else (content, "")
    return content, hashlib.sha256(content).hexdigest()


def _rewound(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    return file


# ---- a project ----


def write_archive(path: Path, connection: Connection, entity: str, project: Project, name: str, progress: Any) -> dict[str, int]:
    counts = {"runs": 0, "files": 0, "artifacts": 0, "views": 0, "sweeps": 0}
    writer = Writer(path)
    ahead = _Ahead(writer)
    try:
        writer.add(ABOUT, json.dumps({"format": FORMAT, "entity": entity, "project": name, "server": connection.base_url}).encode())
        lines = []
        for run in project.runs():
            lines.append({**run.facts, "files": _add_run(ahead, connection, entity, name, run)})
            counts["runs"] += 1
            counts["files"] += len(run.files)
            progress(counts["runs"], max(project.run_count, counts["runs"]), run.name)
        ahead.finish()
        _add_lines(writer, "runs.jsonl", lines)
        lines = []
        for number, artifact in enumerate(project.artifacts()):
            writer.add(f"artifacts/{number}/manifest.json", artifact.manifest)
            for file in artifact.files:
                ahead.add_file(f"artifacts/{number}/files/{file.name}", file)
            ahead.finish()
            lines.append({**artifact.facts, "files": [file.name for file in artifact.files]})
        counts["artifacts"] = len(lines)
        _add_lines(writer, "artifacts.jsonl", lines)
        _add_lines(writer, "collections.jsonl", list(project.collections()))
        views, sweeps = [view.facts for view in project.views()], list(project.sweeps())
        counts["views"], counts["sweeps"] = len(views), len(sweeps)
        _add_lines(writer, "views.jsonl", views)
        _add_lines(writer, "sweeps.jsonl", sweeps)
        writer.finish()
    except BaseException:
        ahead.close()
        writer.cancel()
        raise
    ahead.close()
    return counts


def _add_lines(writer: Writer, name: str, lines: list[dict[str, Any]]) -> None:
    writer.add(name, _lines_of(lines))


def _lines_of(lines: Iterable[dict[str, Any]]) -> bytes:
    return "".join(f"{json.dumps(line)}\n" for line in lines).encode()


def _add_run(ahead: _Ahead, connection: Connection, entity: str, project: str, run: Run) -> list[dict[str, Any]]:
    for stream in ("history", "events"):
        ahead.add(f"{stream}/{run.name}.parquet", lambda stream=stream: _history(connection, entity, project, run.name, stream))  # type: ignore[misc]
    ahead.add(f"console/{run.name}.jsonl", lambda: _lines_of(run.console()) or None)
    files = []
    for source in run.files:
        ahead.add_file(f"files/{run.name}/{source.name}", source)
        files.append({"name": source.name, "md5": source.md5})
    return files


def _history(connection: Connection, entity: str, project: str, run: str, stream: str) -> Any:
    """A Parquet file, in memory as long as it is small; None without rows."""
    asked = {"entity": entity, "project": project, "runs": [run], "stream": stream}
    file = tempfile.SpooledTemporaryFile(AHEAD_BYTES)
    with connection.open("POST", "/api/history/columns", json.dumps(asked).encode(), **{"Content-Type": "application/json"}) as answer:
        rows = _write_parquet(answer, file)
    if not rows:
        return None
    return _rewound(file).read() if file.tell() <= AHEAD_BYTES else file  # type: ignore[arg-type]


def _write_parquet(arrow_stream: BinaryIO, file: Any) -> int:
    """A batch at a time: histories may be larger than memory."""
    found = arrow()
    rows = 0
    reader = found.ipc.open_stream(io.BufferedReader(arrow_stream, PIECE_BYTES))  # type: ignore[type-var]
    with found.parquet.ParquetWriter(file, reader.schema, compression="zstd", use_dictionary=False, use_byte_stream_split=_doubles(found, reader.schema)) as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def _doubles(found: Any, schema: Any) -> list[str]:
    """Their bytes are split, as in the server's own files: half of the size."""
    return [field.name for field in schema if found.types.is_float64(field.type)]
