"""table_parts.py - tables made of tables: one in many files, and two side by side."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Iterator

from barograph.artifacts.manifest import digest_as_hex
from barograph.data_types.base import Media, is_run
from barograph.data_types.kinds import media_kind
from barograph.data_types.table import Table

if TYPE_CHECKING:
    from barograph.artifacts.artifact import Artifact


class _OfTables(Media):
    """What lies in an artifact only; a run can refer to it."""

    can_be_added = True

    def bind_to_run(self, *args: Any, **kwargs: Any) -> None:
        raise ValueError(f"a {type(self).__name__} lies in an artifact: add it to one and log that")

    def _address(self) -> dict[str, Any]:
        address = self._get_artifact_entry_ref_url()
        if address is None:
            raise ValueError(f"a {type(self).__name__} is added to an artifact before it is logged to a run")
        return {"_type": self._log_type, "artifact_path": address}


class PartitionedTable(_OfTables):
    """A table whose rows lie in several tables of an artifact.

    Args:
        parts_path: the folder of those tables.
    """

    _log_type = "partitioned-table"

    def __init__(self, parts_path: str) -> None:
        super().__init__()
        self.parts_path = parts_path
        self._parts: list[tuple[Artifact, str]] = []

    def to_json(self, run_or_artifact: Any) -> dict[str, Any]:
        if is_run(run_or_artifact):
            return self._address()
        return {"_type": self._log_type, "parts_path": self.parts_path}

    @classmethod
    def from_json(cls, json_obj: dict[str, Any], source_artifact: Artifact) -> PartitionedTable:
        table = cls(json_obj["parts_path"])
        entries = source_artifact.manifest.get_entries_in_directory(table.parts_path)
        table._parts = [(source_artifact, entry.path) for entry in entries]
        return table

    def iterrows(self) -> Iterator[tuple[int, list[Any]]]:
        """All rows with their numbers; one part at a time is in memory."""
        columns, count = None, 0
        for artifact, path in self._parts:
            part = artifact.get(path)
            columns = columns or part.columns
            if part.columns != columns:
                raise ValueError(f"part {path!r} has the columns {part.columns}, those before it {columns}")
            for row in part.data:
                yield count, row
                count += 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PartitionedTable) and self.parts_path == other.parts_path

    __hash__ = Media.__hash__


class JoinedTable(_OfTables):
    """Two tables side by side.

    Args:
        table1: a Table, a PartitionedTable, an artifact's entry, or the path of one.
        table2: likewise.
        join_key: the column that both have, or a list of two, one of each.
    """

    _log_type = "joined-table"

    def __init__(self, table1: Any, table2: Any, join_key: str | list[str]) -> None:
        super().__init__()
        if not isinstance(join_key, str) and not (isinstance(join_key, list) and len(join_key) == 2):
            raise ValueError(f"join_key is a column's name, or a list of two, got {join_key!r}")
        for number, table in enumerate((table1, table2), 1):
            if not _is_table(table):
                raise ValueError(f"table{number} is a table, or the path of one in an artifact, got {table!r}")
        self._table1, self._table2, self._join_key = table1, table2, join_key

    @classmethod
    def from_json(cls, json_obj: dict[str, Any], source_artifact: Artifact) -> JoinedTable:
        def found(path: str) -> Any:
            table = source_artifact.get(path)
            return table if table is not None else path

        return cls(found(json_obj["table1"]), found(json_obj["table2"]), json_obj["join_key"])

    def to_json(self, run_or_artifact: Any) -> dict[str, Any]:
        if is_run(run_or_artifact):
            return self._address()
        return {
            "_type": self._log_type,
            "table1": self._path_in(run_or_artifact, self._table1, 1),
            "table2": self._path_in(run_or_artifact, self._table2, 2),
            "join_key": self._join_key,
        }

    def _path_in(self, artifact: Artifact, table: Any, number: int) -> str:
        if isinstance(table, (Table, PartitionedTable)):
            source = table._artifact_source
            name = os.path.basename(source.name) if source is not None and source.name else f"t{number}_{id(self)}"
            path = artifact.add(table, name).path
        elif hasattr(table, "ref_url"):
            kind = table.path.split(".")[-2]
            path = artifact.add_reference(table.ref_url(), f"{digest_as_hex(table.digest)[:20]}.{kind}.json")[0].path
        else:
            path = table
        if path not in artifact.manifest.entries:
            raise ValueError(f"table {path!r} is not in the artifact; add it before the joined table")
        return path

    def _eq_debug(self, other: Any, should_assert: bool = False) -> bool:
        is_like = isinstance(other, JoinedTable) and self._join_key == other._join_key
        if should_assert and not is_like:
            raise AssertionError(f"{other!r} is not joined by {self._join_key!r}")
        return (
            is_like
            and self._table1._eq_debug(other._table1, should_assert)
            and self._table2._eq_debug(other._table2, should_assert)
        )

    def __eq__(self, other: object) -> bool:
        return self._eq_debug(other)

    __hash__ = Media.__hash__


def _is_table(table: Any) -> bool:
    if isinstance(table, str):
        return table.endswith(".table.json")
    return isinstance(table, (Table, PartitionedTable)) or (hasattr(table, "path") and table.path.endswith(".table.json"))


media_kind("joined-table", JoinedTable)
media_kind("partitioned-table", PartitionedTable)
