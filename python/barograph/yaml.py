"""yaml.py - reading config files: with PyYAML where it is installed, else the part of YAML that configs are made of.

That part is mappings and lists by indentation, JSON values, plain and quoted texts, numbers, and comments.
"""

from __future__ import annotations

import json
import re
from typing import Any

from barograph.errors import UsageError

_WORDS = {"": None, "~": None, "null": None, "Null": None, "true": True, "True": True, "false": False, "False": False}
_FLOAT = re.compile(r"[-+]?(\d+\.?\d*([eE][-+]?\d+)?|\.\d+|\.inf|\.nan)$", re.IGNORECASE)


def load(text: str, name: str = "the text") -> Any:
    """The value of one document; UsageError with a line number for what cannot be read."""
    try:
        import yaml
    except ImportError:
        return _Reader(text, name).read()
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"{name} is not YAML: {error}") from None


def _strip_comment(line: str) -> str:
    quote = ""
    for at, char in enumerate(line):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == "#" and (at == 0 or line[at - 1].isspace()):
            return line[:at].rstrip()
    return line.rstrip()


def _scalar(text: str) -> Any:
    text = text.strip()
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "[{":
        return _flow(text)
    if text[0] == '"':
        return json.loads(text)
    if text[0] == "'" and text[-1] == "'" and len(text) > 1:
        return text[1:-1].replace("''", "'")
    try:
        return int(text.replace("_", ""), 0)
    except ValueError:
        pass
    if _FLOAT.match(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


def _split_flow(text: str) -> list[str]:
    parts, depth, quote, begin = [], 0, "", 0
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "[{":
            depth += 1
        elif char in "]}":
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(text[begin:at])
            begin = at + 1
    last = text[begin:]
    return [*parts, last] if last.strip() else parts


def _flow(text: str) -> Any:
    if text[-1] != {"[": "]", "{": "}"}[text[0]]:
        raise ValueError("a list or mapping in brackets ends on its line")
    parts = _split_flow(text[1:-1])
    if text[0] == "[":
        return [_scalar(part) for part in parts]
    members = [part.partition(":") for part in parts]
    return {str(_scalar(key)): _scalar(value) for key, _, value in members}


def _key_of(text: str) -> tuple[str, str] | None:
    """"key: rest" in two; None for a scalar."""
    match = re.match(r"""("(?:[^"\\]|\\.)*"|'[^']*'|[^\s\[{"'#][^:]*?|[^:\s])\s*:(?:\s+(.*)|$)""", text)
    return (str(_scalar(match.group(1))), match.group(2) or "") if match else None


class _Reader:
    def __init__(self, text: str, name: str) -> None:
        self._name = name
        self._lines: list[tuple[int, int, str]] = []
        for number, line in enumerate(text.splitlines(), 1):
            if "\t" in line[: len(line) - len(line.lstrip())]:
                raise UsageError(f"{name}, line {number}: indentation is made of spaces")
            bare = _strip_comment(line)
            if bare.strip() and bare.strip() != "---":
                self._lines.append((number, len(bare) - len(bare.lstrip()), bare.strip()))
        self._at = 0

    def read(self) -> Any:
        if not self._lines:
            return None
        value = self._block(self._lines[0][1])
        if self._at < len(self._lines):
            self._refuse("the indentation fits nothing above")
        return value

    def _refuse(self, why: str) -> None:
        number = self._lines[min(self._at, len(self._lines) - 1)][0]
        raise UsageError(f"{self._name}, line {number}: {why}")

    def _scalar(self, text: str) -> Any:
        try:
            return _scalar(text)
        except ValueError as error:
            self._refuse(str(error))

    def _block(self, indent: int) -> Any:
        _, _, text = self._lines[self._at]
        if text == "-" or text.startswith("- "):
            return self._list(indent)
        if _key_of(text) is not None:
            return self._mapping(indent)
        self._at += 1
        return self._scalar(text)

    def _is_here(self, indent: int) -> bool:
        return self._at < len(self._lines) and self._lines[self._at][1] == indent

    def _below(self, indent: int) -> Any:
        """What follows a key or a dash that has nothing on its line."""
        if self._at >= len(self._lines):
            return None
        _, next_indent, text = self._lines[self._at]
        is_list_beside = next_indent == indent and (text == "-" or text.startswith("- "))
        return self._block(next_indent) if next_indent > indent or is_list_beside else None

    def _mapping(self, indent: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while self._is_here(indent):
            pair = _key_of(self._lines[self._at][2])
            if pair is None:
                self._refuse("a key and a colon are expected")
                break
            self._at += 1
            values[pair[0]] = self._scalar(pair[1]) if pair[1] else self._below(indent)
        return values

    def _list(self, indent: int) -> list[Any]:
        values = []
        while self._is_here(indent) and (self._lines[self._at][2] + " ").startswith("- "):
            number, _, text = self._lines[self._at]
            rest = text[1:].strip()
            if not rest:
                self._at += 1
                inner = self._at < len(self._lines) and self._lines[self._at][1] > indent
                values.append(self._below(indent) if inner else None)
            elif _key_of(rest) is not None:
                # A mapping that begins on the dash's line stands where its first key does.
                column = indent + len(text) - len(rest)
                self._lines[self._at] = (number, column, rest)
                values.append(self._mapping(column))
            else:
                self._at += 1
                values.append(self._scalar(rest))
        return values
