"""values.py - what becomes of logged values that are neither numbers, texts nor containers of them."""

from __future__ import annotations

import datetime
import enum
from typing import Any

HISTOGRAM_FROM = 33


def _size(value: Any) -> int | None:
    """How many elements an array or tensor has; None for anything else."""
    shape = getattr(value, "shape", None)
    if shape is None or not (hasattr(value, "__array__") or hasattr(value, "tolist")):
        return None
    try:
        size = 1
        for length in shape:
            size *= int(length)
        return size
    except (TypeError, ValueError):
        return None


def _array_json(run: Any, key: str, step: int | str, value: Any) -> Any:
    """Small arrays are lists; of large ones the histogram is kept, as the official client does."""
    size = _size(value)
    if hasattr(value, "detach"):
        value = value.detach()
    if hasattr(value, "numpy") and not hasattr(value, "tolist"):
        value = value.numpy()
    if size is not None and size < HISTOGRAM_FROM:
        plain = value.tolist()
        while size == 1 and isinstance(plain, list):
            plain = plain[0]
        return plain
    from barograph import data_types

    values = value.cpu().numpy() if hasattr(value, "cpu") else value
    return data_types.to_json(run, key, step, data_types.Histogram(values, num_bins=32))


def plain(value: Any) -> Any:
    """The JSON of a few common kinds of values, or the value itself when it is none of them."""
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, range):
        return list(value)
    return value


def _is_media(value: Any) -> bool:
    return hasattr(value, "_log_type") or hasattr(value, "to_json") or hasattr(value, "bind_to_run")


def to_json(run: Any, key: str, step: int | str, value: Any) -> Any:
    """Plain JSON for one logged value; TypeError when there is none."""
    simple = plain(value)
    if simple is not value:
        return simple
    if isinstance(value, (list, tuple)) and not _is_media(value[0]):
        return [each if _is_json(each) else to_json(run, key, step, each) for each in value]
    if hasattr(value, "dtype") and _size(value) is not None and not hasattr(value, "columns"):
        return _array_json(run, key, step, value)
    try:
        from barograph import data_types
    except ImportError:
        raise TypeError(f"a value of type {type(value).__name__!r} cannot be logged") from None
    return data_types.to_json(run, key, step, value)


def _is_json(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float, str, dict))
