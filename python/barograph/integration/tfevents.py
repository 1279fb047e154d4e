"""tfevents.py - reads TensorBoard's event files, also while they are written: numbers, texts, histograms, images and sounds.

The framing is TFRecord's: length, its checksum, an Event message, its checksum. Counts and lengths come from a file and
are held against what is there before anything is made of them. A torn tail is waited for, or told of: as the reader likes.
"""

from __future__ import annotations

import io
import os
import struct
from typing import IO, Any, Iterator, NamedTuple

RECORD_MAX = 256 << 20
_HEADER, _TRAILER = 12, 4
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
# Of TensorFlow's data types.
_FLOAT, _DOUBLE, _INT32, _STRING, _INT64 = 1, 2, 3, 7, 9
_PACKED = {_FLOAT: "f", _DOUBLE: "d", _INT32: "i", _INT64: "q"}
# Fields of a summary's value.
NUMBER, IMAGE, HISTOGRAM, AUDIO, TENSOR = 2, 4, 5, 6, 8
_VALUES = (IMAGE, HISTOGRAM, AUDIO, TENSOR)
# Larger records are pictures and the like, and slow to check.
CHECKED_MAX_BYTES = 64 << 10
_POLYNOMIAL = 0x82F63B78  # CRC-32C


class Malformed(ValueError):
    """The bytes are no such message."""


class Event(NamedTuple):
    """What was written at once; some have no summary."""

    step: int
    wall_time: float
    summary: bytes
    has_graph: bool = False


class Part(NamedTuple):
    """One value of a summary, as it was written."""

    tag: str
    plugin: str
    settings: bytes  # what the plugin says beside the value; some say all they have there
    field: int  # 0: no value
    content: bytes


class Encoded(NamedTuple):
    """Images or sounds, in the bytes of their files."""

    kind: int  # IMAGE or AUDIO
    files: list[bytes]
    width: int = 0
    height: int = 0


def fields(message: bytes) -> Iterator[tuple[int, int, Any]]:
    """(number, wire type, value) of each field of a protocol buffer."""
    at, end = 0, len(message)

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            if at >= end or shift > 63:
                raise Malformed("a number does not end")
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    while at < end:
        key = varint()
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            yield number, wire, varint()
            continue
        size = {_FIXED64: 8, _FIXED32: 4}.get(wire) or (varint() if wire == _BYTES else -1)
        if size < 0 or size > end - at:
            raise Malformed(f"field {number} is longer than its message")
        yield number, wire, message[at : at + size]
        at += size


def _one(message: bytes, number: int, default: Any = None) -> Any:
    found = default
    for each, _, value in fields(message):
        if each == number:
            found = value
    return found


def _bytes(message: bytes, number: int) -> bytes:
    found = _one(message, number, b"")
    return found if isinstance(found, bytes) else b""


def _int(message: bytes, number: int) -> int:
    found = _one(message, number, 0)
    return found if isinstance(found, int) else 0


def _doubles(message: bytes, number: int) -> list[float]:
    """A repeated double, packed or not."""
    raw = b"".join(value for each, wire, value in fields(message) if each == number and wire in (_FIXED64, _BYTES))
    return list(struct.unpack(f"<{len(raw) // 8}d", raw[: len(raw) // 8 * 8]))


def _checksums() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _checksums()


def _is_intact(content: bytes, checksum: bytes) -> bool:
    crc = 0xFFFFFFFF
    for byte in content:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    return struct.pack("<I", masked) == checksum


def records(file: IO[bytes], checks: bool = False) -> Iterator[bytes]:
    """The whole records from here on; the file is then after the last of them, and before what is torn.

    Malformed: a record is too large, or (checks) its checksums say that it is damaged.
    """
    while True:
        start = file.tell()
        header = file.read(_HEADER)
        (size,) = struct.unpack("<Q", header[:8]) if len(header) == _HEADER else (0,)
        if len(header) == _HEADER and (size > RECORD_MAX or (checks and not _is_intact(header[:8], header[8:]))):
            raise Malformed(f"a record of {size} bytes at {start} is damaged")
        body = file.read(size + _TRAILER)
        if len(header) < _HEADER or len(body) < size + _TRAILER:
            file.seek(start)
            return
        if checks and size <= CHECKED_MAX_BYTES and not _is_intact(body[:size], body[size:]):
            raise Malformed(f"the record at {start} is damaged")
        yield body[:size]


def event_of(record: bytes) -> Event:
    """What a record says."""
    step = _int(record, 2)
    return Event(step - (1 << 64) if step >> 63 else step, _time(record), _bytes(record, 5), bool(_bytes(record, 4)))


def events(path: str, offset: int = 0) -> tuple[list[Event], int]:
    """The whole events from offset on, and the offset after them."""
    with open(path, "rb") as file:
        file.seek(offset)
        return [event_of(record) for record in records(file)], file.tell()


def _time(event: bytes) -> float:
    raw = _one(event, 1, b"")
    return float(struct.unpack("<d", raw)[0]) if isinstance(raw, bytes) and len(raw) == 8 else 0.0


def parts(summary: bytes) -> Iterator[Part]:
    """The values of a summary that have a name."""
    for number, _, message in fields(summary):
        if number != 1:
            continue
        tag, plugin, settings, field, content = "", "", b"", 0, b""
        for each, wire, value in fields(message):
            if each == NUMBER and wire == _FIXED32:
                field, content = each, value
            elif wire != _BYTES:
                continue
            elif each == 1:
                tag = value.decode("utf-8", "replace")
            elif each == 9:
                said = _bytes(value, 1)
                plugin, settings = _bytes(said, 1).decode("utf-8", "replace"), _bytes(said, 2)
            elif each in _VALUES:
                field, content = each, value
        if tag:
            yield Part(tag, plugin, settings, field, content)


def value_of(part: Part) -> Any:
    """A number, a text or a list of texts, a Histogram, or what is Encoded; None for what is nothing of these."""
    if part.field == NUMBER:
        return single(part.content)
    if part.field == IMAGE:
        return _encoded(IMAGE, [_bytes(part.content, 4)], _int(part.content, 2), _int(part.content, 1))
    if part.field == AUDIO:
        return _encoded(AUDIO, [_bytes(part.content, 4)])
    if part.field == HISTOGRAM:
        return _histogram(_doubles(part.content, 6), _doubles(part.content, 7), _doubles(part.content, 1))
    return _of_tensor(part.content, part.plugin) if part.field == TENSOR else None


def values(summary: bytes) -> Iterator[tuple[str, Any]]:
    """(tag, value) of what is logged while it is written: numbers, Histogram, lists of Image."""
    for part in parts(summary):
        found = value_of(part)
        if isinstance(found, Encoded):
            found = _images(found.files) if found.kind == IMAGE else None
        elif isinstance(found, (str, list)):
            found = None
        if found is not None:
            yield part.tag, found


def parameters_of(part: Part) -> dict[str, Any]:
    """What a session was started with, as the plugin hparams writes it; empty for other parts."""
    if part.plugin != "hparams":
        return {}
    entries = [entry for number, wire, entry in fields(_bytes(part.settings, 3)) if number == 1 and wire == _BYTES]
    return {_bytes(entry, 1).decode("utf-8", "replace"): _plain(_bytes(entry, 2)) for entry in entries}


def _plain(value: bytes) -> Any:
    """A protobuf Value: a number, a text or a truth."""
    for number, wire, content in fields(value):
        if number == 2 and wire == _FIXED64:
            exact = float(struct.unpack("<d", content)[0])
            return int(exact) if exact.is_integer() and abs(exact) < 1 << 53 else exact
        if number == 3 and wire == _BYTES:
            return content.decode("utf-8", "replace")
        if number == 4 and wire == _VARINT:
            return bool(content)
    return None


def single(content: bytes) -> float:
    """A float of four bytes as the shortest decimal that means it: 0.1, not 0.10000000149."""
    (exact,) = struct.unpack("<f", content)
    for digits in (6, 7, 8):
        short = float(f"{exact:.{digits}g}")
        if abs(short) < 3.4e38 and struct.pack("<f", short) == content:
            return short
    return float(exact)


def texts_of(tensor: bytes) -> list[bytes]:
    """Of a tensor of texts, or of files; empty for others."""
    return [value for number, _, value in fields(tensor) if number == 8] if _one(tensor, 1, 0) == _STRING else []


def numbers_of(tensor: bytes) -> list[Any]:
    """Of a tensor of numbers, however they are written."""
    kind = int(_one(tensor, 1, 0))
    letter = _PACKED.get(kind)
    if letter is None:
        return []
    raw = _one(tensor, 4, b"")
    if not raw:
        return _listed(tensor, kind)
    size = struct.calcsize(letter)
    return list(struct.unpack(f"<{len(raw) // size}{letter}", raw[: len(raw) // size * size]))


def _of_tensor(tensor: bytes, plugin: str) -> Any:
    """TensorFlow 2 writes everything as tensors; the plugin says what it is."""
    if plugin == "images":
        width, height, *files = [*texts_of(tensor), b"", b""]
        return _encoded(IMAGE, files, _digits(width), _digits(height))
    if plugin == "audio":
        # Each sound has a label after it.
        return _encoded(AUDIO, texts_of(tensor)[::2])
    if texts := [text.decode("utf-8", "replace") for text in texts_of(tensor)]:
        return texts[0] if len(texts) == 1 else texts
    numbers = numbers_of(tensor)
    if plugin == "histograms":
        rows = [numbers[i : i + 3] for i in range(0, len(numbers) - 2, 3)]
        return _histogram([row[1] for row in rows], [row[2] for row in rows], [row[0] for row in rows[:1]])
    return numbers[0] if len(numbers) == 1 else None


def _listed(tensor: bytes, kind: int) -> list[Any]:
    field = {_FLOAT: 5, _DOUBLE: 6, _INT32: 7, _INT64: 10}[kind]
    found: list[Any] = []
    for number, wire, value in fields(tensor):
        if number != field:
            continue
        if wire == _VARINT:
            found.append(value - (1 << 64) if value >> 63 else value)
        elif kind in (_FLOAT, _DOUBLE):
            size = struct.calcsize(_PACKED[kind])
            found += struct.unpack(f"<{len(value) // size}{_PACKED[kind]}", value[: len(value) // size * size])
        else:
            found += [each for _, _, each in fields(b"".join(b"\x08" + part for part in _split(value)))]
    return found


def _split(packed: bytes) -> Iterator[bytes]:
    """The numbers of a packed list, each in its bytes."""
    start = 0
    for i, byte in enumerate(packed):
        if byte < 0x80:
            yield packed[start : i + 1]
            start = i + 1


def _histogram(limits: list[float], counts: list[float], lowest: list[float]) -> Any:
    from barograph.data_types import Histogram

    if not limits or len(limits) != len(counts):
        return None
    first = lowest[0] if lowest and lowest[0] <= limits[0] else limits[0] - 1
    edges = [first, *limits]
    if first == limits[0] and len(counts) > 1:
        # A bucket without width: the values are those of its edge.
        counts = [counts[0] + counts[1], *counts[2:]]
        edges = limits
    while len(counts) > Histogram.MAX_LENGTH:
        pairs = range(0, len(counts), 2)
        counts = [sum(counts[i : i + 2]) for i in pairs]
        edges = [edges[0], *(edges[min(i + 2, len(edges) - 1)] for i in pairs)]
    return Histogram(np_histogram=(counts, edges))


def _encoded(kind: int, files: list[bytes], width: int = 0, height: int = 0) -> Encoded | None:
    files = [file for file in files if file]
    return Encoded(kind, files, width, height) if files else None


def _digits(text: bytes) -> int:
    return int(text) if text.isdigit() and len(text) < 10 else 0


def _images(encoded: list[bytes]) -> Any:
    from barograph.data_types import Image
    from barograph.util import need

    pil = need("PIL.Image", "TensorBoard's images", "pillow")
    return [Image(pil.open(io.BytesIO(each))) for each in encoded if each] or None


class EventFile:
    """One file, read from where the last read ended."""

    def __init__(self, path: str, namespace: str) -> None:
        self.path, self.namespace, self.offset = path, namespace, 0

    def read(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """(step, values by key) of what was written since."""
        if not os.path.exists(self.path):
            return
        found, self.offset = events(self.path, self.offset)
        for event in found:
            row = {f"{self.namespace}/{tag}" if self.namespace else tag: value for tag, value in values(event.summary)}
            if row:
                yield event.step, row
