"""terminal.py - what a person sees: short lines on standard error, quiet where nobody looks."""

from __future__ import annotations

import os
import sys
import time
from typing import Any, Iterable, Sequence

_BARS = "▁▂▃▄▅▆▇█"
_SPARK_WIDTH = 40
_printed_once: set[str] = set()


class Terminal:
    """Prints for one run, as far as its settings let it."""

    def __init__(self, shows_info: bool = True, shows_warnings: bool = True, shows_errors: bool = True) -> None:
        self.shows_info, self.shows_warnings, self.shows_errors = shows_info, shows_warnings, shows_errors

    def _print(self, text: str) -> None:
        stream = sys.__stderr__
        if stream is None:
            return
        try:
            for line in text.splitlines():
                stream.write(f"{_prefix(stream)} {line}\n")
            stream.flush()
        except (OSError, ValueError):
            return

    def info(self, text: str) -> None:
        if self.shows_info:
            self._print(text)

    def warning(self, text: str, once: bool = False) -> None:
        if once and text in _printed_once:
            return
        _printed_once.add(text)
        if self.shows_warnings:
            self._print(f"WARNING {text}")

    def error(self, text: str) -> None:
        if self.shows_errors:
            self._print(f"ERROR {text}")

    def progress(self) -> Progress:
        return Progress(self.shows_info and is_terminal())


class Progress:
    """One line that is written again and again, on a terminal only."""

    def __init__(self, is_shown: bool) -> None:
        self._is_shown = is_shown
        self._line = ""
        self._began = time.monotonic()

    def show(self, sent: int, total: int, unsent: int, problem: str | None) -> None:
        # A run that ends at once needs no bar.
        if not self._is_shown or time.monotonic() - self._began < 0.5:
            return
        if total > 0:
            filled = min(20, 20 * sent // total)
            text = f"uploading [{'#' * filled}{'.' * (20 - filled)}] {size(sent)} of {size(total)}"
        else:
            text = f"uploading, {size(unsent)} left"
        if problem:
            text += f" ({problem})"
        stream = sys.__stderr__
        if stream is not None and text != self._line:
            stream.write(f"\r\033[K{_prefix(stream)} {text[:110]}")
            stream.flush()
            self._line = text

    def end(self) -> None:
        if self._line and sys.__stderr__ is not None:
            sys.__stderr__.write("\r\033[K")
            sys.__stderr__.flush()
        self._line = ""


def is_terminal() -> bool:
    """Somebody looks: no pipe, no continuous integration, no TERM=dumb."""
    stream = sys.__stderr__
    if stream is None or os.environ.get("CI") or os.environ.get("TERM") == "dumb":
        return False
    try:
        return stream.isatty()
    except ValueError:
        return False


def _prefix(stream: Any) -> str:
    if is_terminal() and not os.environ.get("NO_COLOR"):
        return "\033[1;34mbarograph\033[0m:"
    return "barograph:"


def size(count: int) -> str:
    """1536 as "1.5 KB"."""
    value = float(count)
    for unit in ("B", "KB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def sparkline(values: Sequence[float]) -> str:
    """A row of bars; of long series each bar is the mean of a part."""
    finite = [value for value in values if value == value and abs(value) != float("inf")]
    if not finite:
        return ""
    count = min(len(finite), _SPARK_WIDTH)
    parts = [finite[i * len(finite) // count : (i + 1) * len(finite) // count] for i in range(count)]
    means = [sum(part) / len(part) for part in parts]
    low, high = min(means), max(means)
    if high == low:
        return _BARS[0] * count
    return "".join(_BARS[min(7, int((mean - low) / (high - low) * 8))] for mean in means)


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Two columns, aligned."""
    listed = list(rows)
    width = max((len(name) for name, _ in listed), default=0)
    return "\n".join(f"  {name.rjust(width)} {text}" for name, text in listed)


def number(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.5g}"
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def short_path(path: str) -> str:
    """As a person would type it here."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(path) and not relative.startswith("..") else path
