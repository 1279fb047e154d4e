"""tensorboard.py - runs out of event files, read as they lie: records with checksums, each a protocol buffer."""

from __future__ import annotations

import json
import re
import struct
from collections import Counter
from pathlib import Path
from typing import Any, Iterator

from barograph.errors import Error
from barograph.importers.model import Project, Run

CHECKED_MAX_BYTES = 64 << 10
_POLYNOMIAL = 0x82F63B78  # CRC-32C


def _make_table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _make_table()


def _masked_crc(content: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in content:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def read_folder(folder: Path) -> Project:
    found: dict[Path, list[Path]] = {}
    for path in sorted(folder.rglob("*tfevents*")):
        found.setdefault(path.parent, []).append(path)
    if not found:
        raise Error(f"'{folder}' has no event files (*tfevents*)")
    project = Project(runs=lambda: (), run_count=len(found))

    def read() -> Iterator[Run]:
        for parent, paths in found.items():
            yield _read_run(folder, parent, paths, project)

    project.runs = read
    return project


def _read_run(root: Path, parent: Path, paths: list[Path], project: Project) -> Run:
    where = parent.relative_to(root).as_posix()
    shown = root.resolve().name if where == "." else where
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", shown)[:120].strip("-") or "run"
    left: Counter[str] = Counter()
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    config: dict[str, Any] = {}
    begun = None
    for path in paths:
        for at, step, values in _read_events(path, project):
            begun = at if begun is None else begun
            for tag, value in values:
                if value is None:
                    left[tag] += 1
                    continue
                again = 0
                while tag in rows.get((step, again), {}):
                    again += 1
                row = rows.setdefault((step, again), {"_step": step, "_timestamp": at, "_runtime": at - begun})
                row[tag] = value
    for tag, count in sorted(left.items()):
        project.left.append(f"{shown}: {count} values of '{tag}' are neither scalars nor text")
    ordered = [rows[key] for key in sorted(rows)]
    last: dict[str, Any] = {}
    for row in ordered:
        last.update(row)
    facts = {"displayName": shown, "state": "finished", "config": json.dumps(config), "summaryMetrics": json.dumps(last)}
    return Run(name, facts, lambda: iter(ordered))


# ---- the file ----


def _read_events(path: Path, project: Project) -> Iterator[tuple[float, int, list[Any]]]:
    with open(path, "rb") as file:
        while head := file.read(12):
            size = struct.unpack("<Q", head[:8])[0] if len(head) == 12 else 0
            is_good = len(head) == 12 and _masked_crc(head[:8]) == struct.unpack("<I", head[8:])[0]
            content = file.read(size) if is_good else b""
            tail = file.read(4)
            is_good = is_good and len(content) == size and len(tail) == 4
            # Large records are pictures and the like: not carried, and slow to check.
            if not is_good or (size <= CHECKED_MAX_BYTES and _masked_crc(content) != struct.unpack("<I", tail)[0]):
                project.left.append(f"{path.name}: ends in the middle of a record, or is damaged; what is before was read")
                return
            yield _read_event(content)


def _fields(content: bytes) -> Iterator[tuple[int, Any]]:
    """Numbers and values of a message; fixed-size ones as bytes."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = content[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(content):
        key = varint()
        kind = key & 7
        if kind == 0:
            yield key >> 3, varint()
            continue
        size = {1: 8, 5: 4}.get(kind)
        if size is None:
            size = varint()
        yield key >> 3, content[at : at + size]
        at += size


def _read_event(content: bytes) -> tuple[float, int, list[Any]]:
    at, step, values = 0.0, 0, []
    for number, value in _fields(content):
        if number == 1:
            at = struct.unpack("<d", value)[0]
        elif number == 2:
            step = value if value < 1 << 63 else value - (1 << 64)
        elif number == 5:
            values += [_read_value(part) for inner, part in _fields(value) if inner == 1]
    return at, max(step, 0), values


def _read_value(content: bytes) -> tuple[str, Any]:
    tag, found = "", None
    for number, value in _fields(content):
        if number == 1:
            tag = value.decode("utf-8", "replace")
        elif number == 2:
            found = struct.unpack("<f", value)[0]
        elif number == 8:
            found = _read_tensor(value)
    return tag.removesuffix("/text_summary"), found


def _read_tensor(content: bytes) -> Any:
    """The one number or text of a tensor; None for anything else."""
    kind, raw, numbers, texts, dimensions = 0, b"", [], [], 1
    for number, value in _fields(content):
        if number == 1:
            kind = value
        elif number == 2:
            for inner, part in _fields(value):
                dimensions *= next((size for key, size in _fields(part) if key == 1), 1) if inner == 2 else 1
        elif number == 4:
            raw = value
        elif number in (5, 6):
            form = "<f" if number == 5 else "<d"
            numbers += [item[0] for item in struct.iter_unpack(form, value)]
        elif number == 8:
            texts.append(value.decode("utf-8", "replace"))
    if dimensions != 1:
        return None
    if texts:
        return texts[0]
    whole = {1: "<f", 2: "<d", 3: "<i", 9: "<q"}.get(kind)
    if raw and whole and len(raw) == struct.calcsize(whole):
        return struct.unpack(whole, raw)[0]
    return numbers[0] if len(numbers) == 1 else None
