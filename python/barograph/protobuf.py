"""protobuf.py - writing the few protocol buffer fields that records from Python need."""

from __future__ import annotations


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def message(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def text(number: int, value: str | None) -> bytes:
    """Nothing at all for an empty text."""
    return message(number, value.encode("utf-8", "replace")) if value else b""


def integer(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def time_field(number: int, seconds: float) -> bytes:
    whole = int(seconds)
    return message(number, integer(1, whole) + integer(2, int((seconds - whole) * 1e9)))
