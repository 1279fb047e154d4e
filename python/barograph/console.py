"""console.py - what a program prints goes to its run as well.

"wrap" stands in the way of Python's streams; "redirect" in the way of the process' descriptors, so that C libraries'
and child processes' output is there too.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any, Callable

Write = Callable[[bool, str], None]
_PIECE_BYTES = 1 << 16
_HOLD_CHARS = 4096


class Capture:
    """Captures both streams until end()."""

    def __init__(self, mode: str, write: Write) -> None:
        self._parts: list[_Wrapped | _Redirected] = []
        if mode == "off":
            return
        for name, descriptor in (("stdout", 1), ("stderr", 2)):
            part: _Wrapped | _Redirected | None
            if mode == "redirect":
                part = _Redirected.begin(name, descriptor, write)
            else:
                part = _Wrapped.begin(name, write)
            if part is not None:
                self._parts.append(part)

    def end(self) -> None:
        for part in self._parts:
            part.end()
        self._parts = []


class _Wrapped:
    """Stands before one stream's write()."""

    def __init__(self, name: str, stream: Any, write: Write) -> None:
        self._name, self._stream, self._is_stderr, self._write = name, stream, name == "stderr", write
        self._original = stream.write
        self._held = ""
        self._is_inside = threading.local()
        self._has_ended = False

    @classmethod
    def begin(cls, name: str, write: Write) -> _Wrapped | None:
        stream = getattr(sys, name)
        if stream is None:
            return None
        self = cls(name, stream, write)
        try:
            stream.write = self._take
        except (AttributeError, TypeError):
            return None
        return self

    def _take(self, data: Any) -> Any:
        answer = self._original(data)
        if not self._has_ended and isinstance(data, str):
            self._hold(data)
        return answer

    def _hold(self, data: str) -> None:
        """Pieces of a line wait for its end, so that print() is one record and not two."""
        # What recording itself prints is not recorded.
        if getattr(self._is_inside, "now", False):
            return
        self._is_inside.now = True
        try:
            self._held += data
            if "\n" in data or "\r" in data or len(self._held) > _HOLD_CHARS:
                held, self._held = self._held, ""
                self._write(self._is_stderr, held)
        finally:
            self._is_inside.now = False

    def end(self) -> None:
        self._has_ended = True
        if self._held:
            held, self._held = self._held, ""
            self._write(self._is_stderr, held)
        if getattr(self._stream, "write", None) == self._take:
            try:
                del self._stream.write
            except AttributeError:
                self._stream.write = self._original


class _Redirected:
    """Stands before one descriptor: what is written to it is read by a thread, passed on, and recorded."""

    def __init__(self, name: str, descriptor: int, original: int, reading: int, write: Write) -> None:
        self._name, self._descriptor, self._original, self._reading = name, descriptor, original, reading
        self._is_stderr, self._write = name == "stderr", write
        self._has_ended = False
        self._thread = threading.Thread(target=self._pump, name=f"barograph-{name}", daemon=True)

    @classmethod
    def begin(cls, name: str, descriptor: int, write: Write) -> _Redirected | None:
        _flush(name)
        try:
            original = os.dup(descriptor)
        except OSError:
            return None
        reading, writing = _ends(original)
        os.dup2(writing, descriptor)
        os.close(writing)
        self = cls(name, descriptor, original, reading, write)
        self._thread.start()
        return self

    def _pump(self) -> None:
        while True:
            try:
                data = os.read(self._reading, _PIECE_BYTES)
            except OSError:  # A terminal's end is an error.
                data = b""
            if not data:
                break
            _write_all(self._original, data)
            try:
                self._write(self._is_stderr, data.decode("utf-8", "replace").replace("\r\n", "\n"))
            except Exception:
                if not self._has_ended:
                    raise
        os.close(self._reading)
        os.close(self._original)

    def end(self) -> None:
        _flush(self._name)
        self._has_ended = True
        keep = os.dup(self._original)
        os.dup2(keep, self._descriptor)
        os.close(keep)
        # A child process may hold its end longer than we wait.
        self._thread.join(0.5)


def _ends(original: int) -> tuple[int, int]:
    """A terminal in place of a terminal, so that programs go on with their colours and bars; else a pipe."""
    if not os.isatty(original):
        return os.pipe()
    import pty
    import termios
    import tty

    reading, writing = pty.openpty()
    try:
        tty.setraw(writing)
        if hasattr(termios, "tcgetwinsize"):
            termios.tcsetwinsize(writing, termios.tcgetwinsize(original))
    except (OSError, termios.error):
        pass
    return reading, writing


def _flush(name: str) -> None:
    stream = getattr(sys, name)
    try:
        if stream is not None:
            stream.flush()
    except (OSError, ValueError):
        pass


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except OSError:
            return
