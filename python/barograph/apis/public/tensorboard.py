"""tensorboard.py - brings the scalars of TensorBoard's event files into a run.

An event file is a list of records: length, its checksum, a protobuf Event, its checksum. The few fields that scalars
need are read here; a file that ends within a record is taken up to there, as a killed program leaves it.
"""

from __future__ import annotations

import json
import os
import struct
from typing import TYPE_CHECKING, Any, Iterator

if TYPE_CHECKING:
    from barograph.apis.public.api import Api

ROWS_PER_REQUEST = 10000
RECORD_MAX = 1 << 28
_FLOAT, _DOUBLE, _INT32, _INT64 = 1, 2, 3, 9
_TENSOR_FORMATS = {_FLOAT: "<f", _DOUBLE: "<d", _INT32: "<i", _INT64: "<q"}

Field = tuple[int, Any]


def sync(api: Api, root_dir: str, entity: str, project: str, run_id: str) -> None:
    """Makes the run and sends the rows; it is finished afterwards."""
    files = list(event_files(root_dir))
    if not files:
        raise ValueError(f"no event files (*tfevents*) below {root_dir!r}")
    run = api._create_run(run_id=run_id, project=project, entity=entity)
    rows = merged(root_dir, files)
    for first in range(0, len(rows), ROWS_PER_REQUEST):
        lines = [json.dumps(row) for row in rows[first : first + ROWS_PER_REQUEST]]
        _stream(api, run, {"files": {"wandb-history.jsonl": {"offset": first, "content": lines}}})
    summary = {key: value for row in rows for key, value in row.items()}
    _stream(api, run, {"files": {"wandb-summary.json": {"offset": 0, "content": [json.dumps(summary)]}}})
    _stream(api, run, {"complete": True, "exitcode": 0})


def _stream(api: Api, run: Any, body: dict[str, Any]) -> None:
    path = f"/files/{'/'.join(run.path)}/file_stream"
    api.client.request("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json"})


def event_files(root_dir: str) -> Iterator[str]:
    """All event files below a folder, those of one folder in the order of their time."""
    for folder, folders, names in os.walk(root_dir):
        folders.sort()
        yield from (os.path.join(folder, name) for name in sorted(names) if "tfevents" in name)


def merged(root_dir: str, files: list[str]) -> list[dict[str, Any]]:
    """One row a step; tags of files in subfolders begin with the folder's name."""
    rows: dict[int, dict[str, Any]] = {}
    for path in files:
        folder = os.path.relpath(os.path.dirname(path), root_dir)
        prefix = "" if folder == "." else folder.replace(os.sep, "/") + "/"
        for step, wall_time, tag, value in scalars(path):
            row = rows.setdefault(step, {"_step": step, "_timestamp": wall_time})
            row[prefix + tag] = value
            row["_timestamp"] = max(row["_timestamp"], wall_time)
    return [rows[step] for step in sorted(rows)]


def scalars(path: str) -> Iterator[tuple[int, float, str, float]]:
    """(step, time, tag, value) of a file."""
    with open(path, "rb") as file:
        while len(head := file.read(12)) == 12:
            (length,) = struct.unpack("<Q", head[:8])
            record = file.read(length + 4) if length <= RECORD_MAX else b""
            if len(record) < length + 4:
                return
            yield from _scalars_of(record[:length])


def _scalars_of(event: bytes) -> Iterator[tuple[int, float, str, float]]:
    wall_time, step = 0.0, 0
    found: list[tuple[str, float]] = []
    for number, value in fields(event):
        if number == 1:
            (wall_time,) = struct.unpack("<d", value)
        elif number == 2:
            step = value
        elif number == 5:
            pairs = (_tag_and_value(part) for which, part in fields(value) if which == 1)
            found += [pair for pair in pairs if pair is not None]
    yield from ((step, wall_time, tag, value) for tag, value in found)


def _tag_and_value(message: bytes) -> tuple[str, float] | None:
    tag, number = "", None
    for which, value in fields(message):
        if which == 1:
            tag = value.decode("utf-8", "replace")
        elif which == 2:
            (number,) = struct.unpack("<f", value)
        elif which == 8:
            number = _tensor(value)
    return (tag, number) if number is not None else None


def _tensor(message: bytes) -> float | None:
    """The number of a tensor that holds just one; None for others (images, histograms, texts)."""
    kind, content = 0, b""
    numbers: list[float] = []
    for which, value in fields(message):
        if which == 1:
            kind = value
        elif which == 4:
            content = value
        elif which in (5, 6) and isinstance(value, bytes):
            code = "f" if which == 5 else "d"
            numbers += struct.unpack(f"<{len(value) // struct.calcsize(code)}{code}", value)
    form = _TENSOR_FORMATS.get(kind)
    if form is not None and len(content) == struct.calcsize(form):
        numbers = list(struct.unpack(form, content))
    return float(numbers[0]) if form is not None and len(numbers) == 1 else None


def fields(message: bytes) -> Iterator[Field]:
    """The fields of a protobuf message: integers, or the bytes of anything else."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        size = {1: 8, 5: 4}.get(kind)
        if kind == 2:
            size, at = _varint(message, at)
        if size is None or at + size > len(message):
            return
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message):
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80 or shift > 63:
            break
        shift += 7
    return value, at
