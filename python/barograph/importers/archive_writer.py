"""archive_writer.py - a project into one tar archive. A few threads fetch files and make histories into Parquet side by side, each into the
place that the archive has for it. docs/moving.md describes the archive."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import tarfile
import tempfile
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Callable, Iterable

from barograph.errors import CommError, Error
from barograph.importers.archive import ABOUT, FORMAT, SUMS, arrow
from barograph.importers.connection import Answer, Connection
from barograph.importers.model import Project, Run, SourceFile

THREADS, AHEAD, SPOOL_BYTES, TRIES = 3, 64, 16 << 20, 3
# Small enough to be hashed and written while it is in the processor's cache.
PIECE_BYTES = 256 << 10
SYNC_BYTES = 64 << 20


@dataclass
class Entry:
    name: str
    offset: int
    size: int
    sha256: str = ""


class Writer:
    """Whole or not there: written beside, and renamed at the end. The disk writes while more comes. Threads: entries are filled from any."""

    def __init__(self, path: Path):
        self._path, self._part = path, path.with_name(path.name + ".part")
        if path.exists():
            raise Error(f"'{path}' exists; choose another name")
        self._file = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._end = self._unsynced = 0
        self._sync: threading.Thread | None = None

    def begin(self, name: str, size: int) -> Entry:
        """Its place, to be filled. What is between entries stays zero."""
        facts = tarfile.TarInfo(name)
        facts.size, facts.mode = size, 0o600
        head = facts.tobuf(tarfile.PAX_FORMAT)
        with self._lock:
            start, entry = self._end, Entry(name, self._end + len(head), size)
            self._end += len(head) + size + -size % tarfile.BLOCKSIZE
            self._entries.append(entry)
        self.write(start, head)
        return entry

    def add(self, name: str, content: bytes | memoryview) -> None:
        entry = self.begin(name, len(content))
        self.write(entry.offset, content)
        entry.sha256 = hashlib.sha256(content).hexdigest()

    def write(self, offset: int, content: bytes | memoryview) -> None:
        rest = memoryview(content)
        while rest:
            written = os.pwrite(self._file, rest, offset)
            rest, offset = rest[written:], offset + written
        with self._lock:
            self._unsynced += len(content)
            if self._unsynced >= SYNC_BYTES and (self._sync is None or not self._sync.is_alive()):
                self._sync = threading.Thread(target=os.fdatasync, args=(self._file,))
                self._sync.start()
                self._unsynced = 0

    def finish(self) -> None:
        self.add(SUMS, "".join(f"{entry.sha256}  {entry.name}\n" for entry in self._entries).encode())
        os.ftruncate(self._file, self._end + 2 * tarfile.BLOCKSIZE)
        if self._sync is not None:
            self._sync.join()
        os.fsync(self._file)
        os.close(self._file)
        self._part.rename(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def cancel(self) -> None:
        if self._sync is not None:
            self._sync.join()
        os.close(self._file)
        self._part.unlink(missing_ok=True)


class _Crew:
    """Threads that fill entries; a failure of one ends the export."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS)
        self._waiting: deque[Future[Any]] = deque()

    def add(self, do: Callable[..., Any], *arguments: Any) -> None:
        while len(self._waiting) >= AHEAD:
            self._waiting.popleft().result()
        self._waiting.append(self._pool.submit(do, *arguments))

    def finish(self) -> None:
        while self._waiting:
            self._waiting.popleft().result()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


# ---- what comes as it is ----

_rooms = threading.local()


def _room() -> memoryview:
    if not hasattr(_rooms, "bytes"):
        _rooms.bytes = memoryview(bytearray(PIECE_BYTES))
    return _rooms.bytes  # type: ignore[no-any-return]


def _pour(writer: Writer, entry: Entry, source: BinaryIO | Answer, *hashes: Any) -> None:
    room, done = _room(), 0
    while count := source.readinto(room):  # type: ignore[union-attr]
        if done + count > entry.size:
            break
        for hashing in hashes:
            hashing.update(room[:count])
        writer.write(entry.offset + done, room[:count])
        done += count
    if count or done != entry.size:
        raise Error(f"'{entry.name}' was said to have {entry.size} bytes, and {done + count} came")


def _fetch(writer: Writer, name: str, source: SourceFile, facts: dict[str, Any], is_checked: bool) -> None:
    """facts gets the MD5 of what came: the file may be another by now than the one that was listed. A body that is cut off is asked for anew."""
    entry: Entry | None = None
    for left in reversed(range(TRIES)):
        with source.open() as answer:  # type: ignore[misc]
            if answer.size is None:
                raise Error(f"the server does not say how long '{name}' is")
            if entry is None:
                entry = writer.begin(name, answer.size)
            try:
                _pour_answer(writer, entry, answer, facts, is_checked)
                return
            except CommError:
                if left == 0:
                    raise


def _pour_answer(writer: Writer, entry: Entry, answer: Answer, facts: dict[str, Any], is_checked: bool) -> None:
    """What the server tells of the bytes is computed again when that is asked for; who reads the archive does it in any case."""
    told = answer.digests
    sha256 = hashlib.sha256() if is_checked or told.sha256 is None else None
    md5 = hashlib.md5() if told.md5 is None and "md5" in facts else None
    _pour(writer, entry, answer, *(hashing for hashing in (sha256, md5) if hashing))
    if sha256 and told.sha256 and told.sha256 != sha256.digest():
        raise Error(f"'{entry.name}' is damaged: the server was given other bytes, or they changed on the way")
    entry.sha256 = sha256.hexdigest() if sha256 else told.sha256.hex()  # type: ignore[union-attr]
    if "md5" in facts:
        facts["md5"] = base64.b64encode(md5.digest() if md5 else told.md5).decode()  # type: ignore[arg-type]


# ---- a project ----


def write_archive(path: Path, connection: Connection, entity: str, project: Project, name: str, progress: Any, is_checked: bool) -> dict[str, int]:
    counts = {"runs": 0, "files": 0, "artifacts": 0, "views": 0, "sweeps": 0}
    writer = Writer(path)
    crew = _Crew()
    crew.add(arrow)  # takes a while to load, and is wanted soon
    try:
        writer.add(ABOUT, json.dumps({"format": FORMAT, "entity": entity, "project": name, "server": connection.base_url, "description": project.description}).encode())
        lines = []
        for run in project.runs():
            lines.append({**run.facts, "files": _add_run(crew, writer, connection, entity, name, run, is_checked)})
            counts["runs"] += 1
            counts["files"] += len(run.files)
            progress(counts["runs"], max(project.run_count, counts["runs"]), run.name)
        crew.finish()
        _add_lines(writer, "runs.jsonl", lines)
        lines = []
        for number, artifact in enumerate(project.artifacts()):
            writer.add(f"artifacts/{number}/manifest.json", artifact.manifest)
            for file in artifact.files:
                crew.add(_fetch, writer, f"artifacts/{number}/files/{file.name}", file, {}, is_checked)
            lines.append({**artifact.facts, "files": [file.name for file in artifact.files]})
        crew.finish()
        counts["artifacts"] = len(lines)
        _add_lines(writer, "artifacts.jsonl", lines)
        _add_lines(writer, "collections.jsonl", list(project.collections()))
        views, sweeps = [view.facts for view in project.views()], list(project.sweeps())
        counts["views"], counts["sweeps"] = len(views), len(sweeps)
        _add_lines(writer, "views.jsonl", views)
        _add_lines(writer, "sweeps.jsonl", sweeps)
        _add_lines(writer, "automations.jsonl", list(project.automations()))
        writer.finish()
    except BaseException:
        crew.close()
        writer.cancel()
        raise
    crew.close()
    return counts


def _add_lines(writer: Writer, name: str, lines: list[dict[str, Any]]) -> None:
    writer.add(name, _lines_of(lines))


def _lines_of(lines: Iterable[dict[str, Any]]) -> bytes:
    return "".join(f"{json.dumps(line)}\n" for line in lines).encode()


def _add_run(crew: _Crew, writer: Writer, connection: Connection, entity: str, project: str, run: Run, is_checked: bool) -> list[dict[str, Any]]:
    """The files' facts: whole when the crew has finished."""
    for stream in ("history", "events"):
        asked = {"entity": entity, "project": project, "runs": [run.name], "stream": stream}
        crew.add(_add_history, writer, connection, f"{stream}/{run.name}.parquet", asked)
    crew.add(_add_console, writer, run)
    files = [{"name": source.name, "md5": source.md5} for source in run.files]
    for source, facts in zip(run.files, files):
        crew.add(_fetch, writer, f"files/{run.name}/{source.name}", source, facts, is_checked)
    return files


def _add_console(writer: Writer, run: Run) -> None:
    if lines := _lines_of(run.console()):
        writer.add(f"console/{run.name}.jsonl", lines)


def _add_history(writer: Writer, connection: Connection, name: str, asked: dict[str, Any]) -> None:
    """A Parquet file, in memory as long as it is small; none without rows."""
    with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as file:
        with connection.open("POST", "/api/history/columns", json.dumps(asked).encode(), **{"Content-Type": "application/json"}) as answer:
            rows = _write_parquet(answer, file)
        if not rows:
            return
        entry, hashing = writer.begin(name, file.tell()), hashlib.sha256()
        file.seek(0)
        offset = entry.offset
        while piece := file.read(PIECE_BYTES):
            hashing.update(piece)
            writer.write(offset, piece)
            offset += len(piece)
        entry.sha256 = hashing.hexdigest()


def _write_parquet(arrow_stream: Answer, file: Any) -> int:
    """A batch at a time: histories may be larger than memory."""
    found = arrow()
    rows = 0
    reader = found.ipc.open_stream(io.BufferedReader(arrow_stream, 4 * PIECE_BYTES))
    with found.parquet.ParquetWriter(file, reader.schema, compression="zstd", use_dictionary=False, use_byte_stream_split=_doubles(found, reader.schema)) as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def _doubles(found: Any, schema: Any) -> list[str]:
    """Their bytes are split, as in the server's own files: half of the size."""
    return [field.name for field in schema if found.types.is_float64(field.type)]
