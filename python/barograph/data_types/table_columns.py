"""table_columns.py - a logged table as columns of our server: into arrays without an object for each cell."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, Callable

from barograph.data_types.kinds import Kind, NDArrayKind, TimestampKind, UnionKind, kind_from_json
from barograph.data_types.table_keys import ForeignIndexKind, ForeignKeyKind, PrimaryKeyKind
from barograph.errors import CommError

if TYPE_CHECKING:
    from barograph.apis.public.columns import Columns
    from barograph.artifacts.artifact import Artifact
    from barograph.transport import Transport

DTYPES = {"q": "int64", "d": "float64", "?": "bool"}

# How cells of a column of that kind become values.
Reader = Callable[[int, Any], Any]


def table_columns(transport: Transport, **place: Any) -> Columns | None:
    """The columns of a table's file; None when the server has none of it: the file tells why, or is read itself."""
    from barograph.apis.client import as_client

    try:
        found: Columns | None = as_client(transport).columns("/api/tables/columns", place)
        return found
    except CommError:
        return None


def asked_for(columns: Columns | None) -> Columns:
    """CommError when there are none."""
    if columns is None:
        raise CommError("the server answers no columns of this table; download its file, or use get_dataframe()")
    return columns


class LateTable:
    """A table in an artifact that nobody has looked into yet.

    Tables with media, arrays in files of their own, keys or increments are not taken as columns: their file is read.
    """

    def __init__(self, artifact: Artifact, path: str, read: Callable[[], dict[str, Any]]) -> None:
        self.artifact, self.read = artifact, read
        self._path = path

    @cached_property
    def columns(self) -> Columns | None:
        return table_columns(self.artifact._connected(), artifact=self.artifact.id, path=self._path)

    @cached_property
    def _names(self) -> list[Any]:
        """The columns' names; none when the file has to be read."""
        facts = self._facts
        names: list[Any] = facts.get("columns") or []
        is_plain = facts.get("log_mode") != "INCREMENTAL" and len(set(map(str, names))) == len(names)
        has_special = any(_needs_file(each) for kind in self._kinds.values() for each in _members(kind))
        return names if is_plain and not has_special and self.columns else []

    @cached_property
    def _facts(self) -> dict[str, Any]:
        """What the file says besides the rows."""
        facts: dict[str, Any] = json.loads(self.columns.metadata["barograph.table"]) if self.columns is not None else {}
        return facts

    @cached_property
    def _kinds(self) -> dict[str, Kind]:
        told = self._facts.get("column_types")
        kinds: dict[str, Kind] = kind_from_json(told, self.artifact).params["type_map"] if told else {}
        return kinds

    def frame(self, pandas: Any, reader: Callable[[Kind | None, Artifact], Reader]) -> Any:
        """A DataFrame; None when the file has to be read."""
        arrays = {}
        for at, name in enumerate(self._names):
            array = self._numbers(at)
            if array is None:
                values = self._values(at, reader)
                if values is None:
                    return None
                array = pandas.DataFrame.from_records([(value,) for value in values], columns=[at])[at]
            arrays[at] = array
        if not arrays:
            return None
        frame = pandas.DataFrame(arrays, copy=False)
        frame.columns = self._names
        return frame

    def column(self, name: Any, reader: Callable[[Kind | None, Artifact], Reader]) -> Any:
        """A column as an array, or as a list where it is not of one kind; None when the file has to be read."""
        if name not in self._names:
            return None
        array = self._numbers(self._names.index(name))
        if array is None or (array.dtype.kind == "f" and (array != array).any()):
            return self._values(self._names.index(name), reader)  # a gap is None there, and not NaN
        return array

    def _numbers(self, at: int) -> Any:
        """The column of numbers or booleans; None when it is none."""
        columns = asked_for(self.columns)
        if self._is_of_moments(at):
            return None
        kind, values = columns._core.values(at, None)
        if kind == "O":
            return None
        import numpy

        return numpy.frombuffer(values, dtype=DTYPES[kind])

    def _values(self, at: int, reader: Callable[[Kind | None, Artifact], Reader]) -> list[Any] | None:
        columns = asked_for(self.columns)
        kind, objects = columns._core.values(at, None)
        key = columns.column_names[at]
        values: list[Any] = objects if kind == "O" else [row.get(key) for row in columns._core.rows(0, len(columns), [at])]
        if any(type(value) is dict and "_type" in value for value in values):
            return None
        if self._is_of_moments(at):
            read = reader(self._kinds[str(self._names[at])], self.artifact)
            values = [read(index, value) for index, value in enumerate(values)]
        return values

    def _is_of_moments(self, at: int) -> bool:
        return any(isinstance(each, TimestampKind) for each in _members(self._kinds.get(str(self._names[at]))))


def _members(kind: Kind | None) -> list[Any]:
    return list(kind.params["allowed_types"]) if isinstance(kind, UnionKind) else [kind]


def _needs_file(kind: Any) -> bool:
    is_key = isinstance(kind, (PrimaryKeyKind, ForeignKeyKind, ForeignIndexKind))
    return is_key or (isinstance(kind, NDArrayKind) and kind.file is not None)
