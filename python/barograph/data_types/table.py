"""table.py - Table: rows of anything, images included, whose columns know what they hold."""

from __future__ import annotations

import datetime
import json
import os
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator

from barograph.data_types.base import Media, WBValue, is_run, temporary_path
from barograph.data_types.kinds import (
    AnyKind,
    DictKind,
    Kind,
    ListKind,
    NDArrayKind,
    NumberKind,
    TimestampKind,
    UnionKind,
    UnknownKind,
    kind_from,
    kind_from_json,
    kind_of,
    optional as optional_kind,
    register,
)
from barograph.data_types.table_columns import LateTable, asked_for
from barograph.data_types.table_keys import ForeignIndexKind, ForeignKeyKind, PrimaryKeyKind, TableIndex, TableKey
from barograph.util import (
    arrays_as_lists,
    generate_id,
    is_numpy_array,
    is_pandas_data_frame,
    json_dumps_safer,
    json_friendly,
    need,
)

if TYPE_CHECKING:
    from barograph.apis.public.columns import Columns
    from barograph.artifacts.artifact import Artifact
    from barograph.run import Run

LOG_MODES = ("IMMUTABLE", "MUTABLE", "INCREMENTAL")
INCREMENTS_SHOWN = 100
_EXTENSION = ".table.json"
_UTC = datetime.timezone.utc


class Table(Media):
    """A table.

    Args:
        columns: the columns' names.
        data: rows, an array of two dimensions, or a pandas DataFrame.
        rows: rows; the older name of data.
        dataframe: a DataFrame; the older name of data.
        dtype: what the columns hold, one for all or a list; found out from the rows when it is not said.
        optional: whether None is allowed, one for all or a list.
        allow_mixed_types: any value in any column.
        log_mode: IMMUTABLE: later changes are not logged again; MUTABLE: the whole table is; INCREMENTAL: the rows
            that were added are.
    """

    MAX_ROWS = 10_000
    MAX_ARTIFACT_ROWS = 200_000
    MAX_EMBEDDING_DIMENSIONS = 150
    _log_type = "table"
    folder = "media/table"
    can_be_added = True
    reads_all_files = True
    is_read_late = True
    _late: LateTable

    def __init__(
        self,
        columns: list[Any] | None = None,
        data: Any = None,
        rows: list[Any] | None = None,
        dataframe: Any = None,
        dtype: Any = None,
        optional: bool | list[bool] = True,
        allow_mixed_types: bool = False,
        log_mode: str | None = "IMMUTABLE",
    ) -> None:
        super().__init__()
        if log_mode not in LOG_MODES:
            raise ValueError(f"log_mode is one of {', '.join(LOG_MODES)}, got {log_mode!r}")
        self.log_mode = log_mode
        self._increment_num: int | None = None
        self._last_logged_idx: int | None = None
        self._previous_increments_paths: list[str] | None = None
        self._pk_col: Any = None
        self._fk_cols: set[Any] = set()
        given = (each for each in (dataframe, data, rows) if each is not None)
        source: Any = next(given, [])
        if is_pandas_data_frame(source):
            columns, source = list(source.columns), _frame_rows(source)
        elif not isinstance(source, list) and not is_numpy_array(source):
            raise TypeError(f"a table's data are a list of rows, an array or a DataFrame, got {type(source).__name__}")
        self.columns = _checked_columns(["Input", "Output", "Expected"] if columns is None else columns)
        self.data: list[list[Any]] = []
        self._column_types: Kind = DictKind({})
        self._set_kinds(AnyKind() if allow_mixed_types else dtype, optional)
        for row in source:
            self._append(row)

    def _set_kinds(self, dtype: Any, optional: bool | list[bool]) -> None:
        count = len(self.columns)
        kinds = dtype if isinstance(dtype, list) else [UnknownKind() if dtype is None else dtype] * count
        may_be_none = optional if isinstance(optional, list) else [optional] * count
        for name, kind, allowed in zip(self.columns, kinds, may_be_none):
            self.cast(name, kind, allowed)

    @property
    def _kinds(self) -> dict[Any, Kind]:
        kinds: dict[Any, Kind] = self._column_types.params["type_map"]
        return kinds

    # ---- rows and columns ----

    def add_data(self, *data: Any) -> None:
        """Adds a row: a value for each column."""
        self._before_change()
        self._append(data)
        self._after_append()

    def add_row(self, *row: Any) -> None:
        """The older name of add_data."""
        self.add_data(*row)

    def _append(self, row: Iterable[Any]) -> None:
        values = list(row)
        if len(values) != len(self.columns):
            raise ValueError(f"this table has {len(self.columns)} columns, {self.columns}; the row has {len(values)} values")
        for name, value in zip(self.columns, values):
            if isinstance(value, (TableKey, TableIndex)):
                self.cast(name, kind_of(value))
        grown: dict[Any, Kind] = {}
        for name, value in zip(self.columns, values):
            kind = self._kinds[name].take(value)
            if kind is None:
                raise TypeError(
                    f"column {name!r} holds {self._kinds[name]}, which {value!r} of kind {kind_of(value)} is not; "
                    "allow_mixed_types=True takes anything"
                )
            grown[name] = kind
        self._column_types.params["type_map"] = grown
        self.data.append(values)
        self._note_keys()
        self._name_row(len(self.data) - 1)

    def add_column(self, name: str, data: Any, optional: bool = False) -> None:
        """Adds a column: a value for each row."""
        self._refuse_if_incremental("add_column")
        self._before_change()
        if not isinstance(name, str) or name in self.columns:
            raise ValueError(f"a column's name is text, and new, got {name!r}")
        if not isinstance(data, list) and not is_numpy_array(data):
            raise TypeError(f"a column is a list or an array, got {type(data).__name__}")
        is_first = not self.columns
        if not is_first and len(data) != len(self.data):
            raise ValueError(f"the table has {len(self.data)} rows, the column {len(data)} values")
        kind = _grown(optional_kind(UnknownKind()) if optional else UnknownKind(), data, name)
        if is_first:
            self.data = [[] for _ in data]
        for row, value in zip(self.data, data):
            row.append(value)
        self.columns.append(name)
        self._kinds[name] = kind

    def add_computed_columns(self, fn: Callable[[int, dict[Any, Any]], dict[str, Any]]) -> None:
        """Adds what fn makes of each row: it gets the row's number and its values by column, and answers new ones."""
        self._refuse_if_incremental("add_computed_columns")
        self._before_change()
        made: dict[str, list[Any]] = {}
        for index, row in self.iterrows():
            for name, value in fn(index, dict(zip(self.columns, row))).items():
                made.setdefault(name, []).append(value)
        for name, values in made.items():
            self.add_column(name, values)

    def cast(self, col_name: Any, dtype: Any, optional: bool = False) -> Kind:
        """Says what a column holds; TypeError when its rows hold something else."""
        self._before_change()
        place = self._place(col_name)
        kind = kind_from(dtype)
        if optional:
            kind = optional_kind(kind)
        if isinstance(kind, (PrimaryKeyKind, ForeignKeyKind, ForeignIndexKind)):
            if kind.params.get("table") is self:
                raise ValueError("a table cannot refer to itself")
            if isinstance(kind, PrimaryKeyKind) and self._pk_col not in (None, col_name):
                raise ValueError(f"column {self._pk_col!r} is the primary key already")
        kind = _grown(kind, [row[place] for row in self.data], col_name)
        self._kinds[col_name] = kind
        self._note_keys()
        return kind

    def _place(self, name: Any) -> int:
        if name not in self.columns:
            raise ValueError(f"the table has no column {name!r}; it has {self.columns}")
        return self.columns.index(name)

    # ---- keys ----

    def set_pk(self, col_name: Any) -> None:
        """The column's texts name the rows."""
        self.cast(col_name, PrimaryKeyKind())

    def set_fk(self, col_name: Any, table: Table, table_col: str) -> None:
        """The column's texts name rows of another table."""
        if col_name == self._pk_col:
            raise ValueError(f"column {col_name!r} is the primary key")
        self.cast(col_name, ForeignKeyKind(table, table_col))

    def _note_keys(self) -> None:
        primary = next((name for name, kind in self._kinds.items() if isinstance(kind, PrimaryKeyKind)), None)
        foreign = {name for name, kind in self._kinds.items() if isinstance(kind, (ForeignKeyKind, ForeignIndexKind))}
        if (primary, foreign) == (self._pk_col, self._fk_cols):
            return
        if (self._pk_col is not None and primary is None) or self._fk_cols - foreign:
            raise ValueError("a column that is a key stays one")
        self._pk_col, self._fk_cols = primary, foreign
        for index in range(len(self.data)):
            self._name_row(index)

    def _name_row(self, index: int) -> None:
        """Texts and numbers that are keys know their table."""
        row = self.data[index]
        for name in self._fk_cols:
            place, kind = self.columns.index(name), self._kinds[name]
            if isinstance(kind, ForeignKeyKind) and not isinstance(row[place], TableKey):
                row[place] = TableKey(row[place])
                row[place].set_table(kind.params["table"], kind.params["col_name"])
            elif isinstance(kind, ForeignIndexKind) and not isinstance(row[place], TableIndex):
                row[place] = TableIndex(row[place])
                row[place].set_table(kind.params["table"])
        if self._pk_col is not None:
            place = self.columns.index(self._pk_col)
            row[place] = TableKey(row[place])
            row[place].set_table(self, self._pk_col)

    # ---- reading ----

    def iterrows(self) -> Iterator[tuple[TableIndex, list[Any]]]:
        """The rows with their numbers."""
        for index in self.get_index():
            yield index, self.data[index]

    def get_index(self) -> list[TableIndex]:
        """The rows' numbers; they can be values of another table's rows."""
        return [self.index_ref(i) for i in range(len(self.data))]

    def index_ref(self, index: int) -> TableIndex:
        """The number of one row."""
        if index >= len(self.data):
            raise IndexError(f"the table has {len(self.data)} rows, {index} is not one of them")
        made = TableIndex(index)
        made.set_table(self)
        return made

    def get_column(self, name: Any, convert_to: str | None = None) -> Any:
        """A column's values, as a list or, with convert_to="numpy", as an array."""
        if convert_to not in (None, "numpy"):
            raise ValueError(f"convert_to is None or 'numpy', got {convert_to!r}")
        if convert_to is None:
            place = self._place(name)
            return [row[place] for row in self.data]
        numpy = need("numpy", "a column as an array")
        late = self._late_one()
        values = late.column(name, _reader) if late is not None else None
        if is_numpy_array(values):
            return values
        if values is None:
            place = self._place(name)
            values = [row[place] for row in self.data]
        return numpy.array([each.to_data_array() if isinstance(each, WBValue) else each for each in values])

    def get_dataframe(self) -> Any:
        """The table as a pandas DataFrame."""
        pandas, late = need("pandas", "a table as a DataFrame"), self._late_one()
        frame = late.frame(pandas, _reader) if late is not None else None
        return frame if frame is not None else pandas.DataFrame.from_records(self.data, columns=self.columns)

    def table_arrow(self) -> Columns:
        """The columns of a table that `artifact.get` gave: every Arrow library takes them, to_pandas() and to_polars() are at hand.

        Barograph's own. Media and other nested values are JSON there. CommError when the server has no columns of it.
        """
        late = self._late_one()
        return asked_for(late.columns if late is not None else None)

    # ---- reading late ----

    @classmethod
    def _of_artifact(cls, artifact: Artifact, path: str, read: Callable[[], dict[str, Any]]) -> Table:
        """A table whose file is read when somebody looks into it."""
        table = cls.__new__(cls)
        WBValue.__init__(table)
        table._late = LateTable(artifact, path, read)
        return table

    def _late_one(self) -> LateTable | None:
        own = self.__dict__
        return None if "data" in own or "columns" in own else own.get("_late")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_late" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        self._read_late()
        return getattr(self, name)

    def _read_late(self) -> None:
        given = dict(self.__dict__)
        late = self.__dict__.pop("_late")
        try:
            self._take(late.read(), late.artifact)
        except BaseException:
            self.__dict__.clear()
            self.__dict__.update(given)
            raise
        del given["_late"]
        self.__dict__.update(given)

    # ---- logging again ----

    def has_been_logged(self) -> bool:
        """Whether a run or an artifact has it."""
        return self._run is not None or self._artifact_target is not None

    def _before_change(self) -> None:
        if self.log_mode == "MUTABLE":
            self._forget()
        elif self.log_mode == "IMMUTABLE" and self.has_been_logged() and not getattr(self, "_was_warned", False):
            self._was_warned = True
            print(
                "barograph: a table was changed after it was logged; that is logged again with log_mode='MUTABLE' only",
                file=sys.stderr,
            )

    def _forget(self) -> None:
        self._run = self._artifact_target = self._path = self._sha256 = None

    def _after_append(self) -> None:
        if self.log_mode != "INCREMENTAL" or self._artifact_target is None:
            return
        address = self._get_artifact_entry_ref_url()
        if address is not None:
            self._previous_increments_paths = [*(self._previous_increments_paths or []), address]
        self._forget()
        self._increment_num = (self._increment_num or 0) + 1
        if self._increment_num == INCREMENTS_SHOWN:
            print(f"barograph: a table has {INCREMENTS_SHOWN} increments; pages show the last ones only", file=sys.stderr)

    def _refuse_if_incremental(self, what: str) -> None:
        if self.log_mode == "INCREMENTAL":
            raise ValueError(f"{what} would change rows that an incremental table has logged already")

    def _resume(self, run: Run, key: str) -> None:
        """Goes on with the increments that an earlier part of the run has logged."""
        if self._increment_num is not None or not getattr(run, "resumed", False):
            return
        before = run.summary.get(key)
        if not hasattr(before, "get") or before.get("_type") != "incremental-table-file":
            return
        paths = list(before.get("previous_increments_paths") or [])
        self._previous_increments_paths = [*paths, *filter(None, [before.get("artifact_path")])]
        self._increment_num = int(before.get("increment_num") or 0) + 1

    # ---- JSON ----

    def _rows_to_log(self, limit: int) -> list[list[Any]]:
        first = 0
        if self.log_mode == "INCREMENTAL" and self._last_logged_idx is not None:
            first = self._last_logged_idx + 1
        return self.data[first : first + limit]

    def bind_to_run(
        self, run: Run, key: int | str, step: int | str, id_: int | str | None = None, ignore_copy_err: bool | None = None
    ) -> None:
        told = {"columns": self.columns, "data": self._rows_to_log(self.MAX_ROWS)}
        self._write_file(json_dumps_safer(arrays_as_lists(told)), _EXTENSION)
        super().bind_to_run(run, key, step, id_, ignore_copy_err)

    def to_json(self, run_or_artifact: Any) -> dict[str, Any]:
        told = super().to_json(run_or_artifact)
        if self.log_mode == "INCREMENTAL":
            self._increment_num = self._increment_num or 0
            self._previous_increments_paths = self._previous_increments_paths or []
            told.update(increment_num=self._increment_num, previous_increments_paths=self._previous_increments_paths)
        told.update(ncols=len(self.columns), nrows=len(self.data), log_mode=self.log_mode)
        if is_run(run_or_artifact):
            told["_type"] = "incremental-table-file" if self.log_mode == "INCREMENTAL" else "table-file"
            return told
        rows = self._rows_to_log(self.MAX_ARTIFACT_ROWS)
        if len(self.data) > self.MAX_ARTIFACT_ROWS:
            print(f"barograph: of {len(self.data)} rows, {self.MAX_ARTIFACT_ROWS} are kept (Table.MAX_ARTIFACT_ROWS)", file=sys.stderr)
        in_files = self._arrays_into_files(run_or_artifact)
        told.update(
            {
                "_type": self._log_type,
                "columns": self.columns,
                "data": [
                    [None if i in in_files else cell_json(value, run_or_artifact) for i, value in enumerate(row)]
                    for row in rows
                ],
                "nrows": len(rows),
                "column_types": self._column_types.to_json(run_or_artifact),
            }
        )
        return told

    def _arrays_into_files(self, artifact: Artifact) -> set[int]:
        """Arrays of more than a few numbers lie in a file for each column. Answers which columns those are."""
        in_files = set()
        for place, name in enumerate(self.columns):
            kind = _array_kind(self._kinds[name])
            if kind is None:
                continue
            shape = kind.params["shape"]
            if len(shape) == 1 and shape[0] <= self.MAX_EMBEDDING_DIMENSIONS:
                self._kinds[name] = ListKind(NumberKind(), shape[0])
                continue
            numpy = need("numpy", "a column of arrays")
            file = f"{name}_{generate_id()}.npz"
            path = os.path.join(os.path.dirname(temporary_path("")), file)
            numpy.savez_compressed(path, **{str(name): self.get_column(name, "numpy")})
            entry = artifact.add_file(path, f"media/serialized_data/{file}", is_tmp=True)
            kind.file = {"path": entry.path, "key": str(name)}
            in_files.add(place)
        return in_files

    @classmethod
    def from_json(cls, json_obj: dict[str, Any], source_artifact: Artifact) -> Table:
        table = cls.__new__(cls)
        table._take(json_obj, source_artifact)
        return table

    def _take(self, json_obj: dict[str, Any], source_artifact: Artifact) -> None:
        columns, kinds = json_obj["columns"], None
        if json_obj.get("column_types") is not None:
            kinds = kind_from_json(json_obj["column_types"], source_artifact)
        log_mode = json_obj.get("log_mode") or "IMMUTABLE"
        rows = json_obj["data"] if log_mode != "INCREMENTAL" else list(_increments(json_obj, source_artifact))
        Table.__init__(self, columns=columns, log_mode=log_mode)
        by_name = kinds.params["type_map"] if kinds is not None else {}
        readers = [_reader(by_name.get(str(name)), source_artifact) for name in columns]
        for index, row in enumerate(rows):
            self.data.append([read(index, value) for read, value in zip(readers, row)])
        if kinds is not None:
            # JSON has text keys only; columns may be numbers.
            self._column_types = DictKind({name: by_name[str(name)] for name in columns})
            self._note_keys()
        else:
            for place, name in enumerate(columns):
                self._kinds[name] = _grown(optional_kind(UnknownKind()), [row[place] for row in self.data], name)

    # ---- comparing ----

    def __eq__(self, other: object) -> bool:
        return self._eq_debug(other)

    __hash__ = Media.__hash__

    def _eq_debug(self, other: Any, should_assert: bool = False) -> bool:
        """Whether two tables hold the same; with should_assert the first difference is an AssertionError."""
        difference = self._difference(other)
        if should_assert and difference:
            raise AssertionError(difference)
        return difference is None

    def _difference(self, other: Any) -> str | None:
        if not isinstance(other, Table):
            return f"{type(other).__name__} is not a table"
        pairs = (
            ("rows", len(self.data), len(other.data)),
            ("columns", self.columns, other.columns),
            ("column types", self._column_types, other._column_types),
        )
        for what, ours, theirs in pairs:
            if ours != theirs:
                return f"{what}: {ours} and {theirs}"
        for index, (row, other_row) in enumerate(zip(self.data, other.data)):
            for name, value, other_value in zip(self.columns, row, other_row):
                is_same = value == other_value
                if not (is_same.all() if is_numpy_array(is_same) else is_same):
                    return f"row {index}, column {name!r}: {value!r} and {other_value!r}"
        return None


def _checked_columns(columns: Any) -> list[Any]:
    if not isinstance(columns, list) or any(type(name) not in (str, int) for name in columns):
        raise TypeError(f"columns are a list of texts or whole numbers, got {columns!r}")
    return columns


def _frame_rows(frame: Any) -> list[Any]:
    return list(zip(*(frame[name].values for name in frame.columns))) if len(frame.columns) else []


def _grown(kind: Kind, values: Iterable[Any], name: Any) -> Kind:
    for value in values:
        grown = kind.take(value)
        if grown is None:
            raise TypeError(f"column {name!r} cannot hold {kind}: {value!r} is of kind {kind_of(value)}")
        kind = grown
    return kind


def _array_kind(kind: Kind) -> NDArrayKind | None:
    members = kind.params["allowed_types"] if isinstance(kind, UnionKind) else [kind]
    return next((each for each in members if isinstance(each, NDArrayKind)), None)


def cell_json(value: Any, artifact: Artifact) -> Any:
    """A table's cell as its file has it: media as entries, moments as milliseconds."""
    if value is None or type(value) in (bool, int, float, str):
        return None if value != value else value
    if isinstance(value, WBValue):
        return value.to_json(artifact)
    if type(value) is dict:
        return {key: cell_json(item, artifact) for key, item in value.items()}
    if hasattr(value, "tolist"):
        plain = value.tolist()
        if type(value).__name__ == "datetime64" and isinstance(plain, int):
            plain /= 10**6  # numpy answers nanoseconds as a number
        return cell_json(plain, artifact)
    if isinstance(value, datetime.datetime):
        return int((value if value.tzinfo is not None else value.replace(tzinfo=_UTC)).timestamp() * 1000)
    if isinstance(value, datetime.date):
        return int(datetime.datetime(value.year, value.month, value.day, tzinfo=_UTC).timestamp() * 1000)
    if isinstance(value, (list, tuple)):
        return [cell_json(item, artifact) for item in value]
    return float(value) if isinstance(value, Decimal) else json_friendly(value)[0]


def _reader(kind: Kind | None, artifact: Artifact) -> Callable[[int, Any], Any]:
    """How cells of a column become values again."""
    members = kind.params["allowed_types"] if isinstance(kind, UnionKind) else [kind]
    arrays = _array_kind(kind) if kind is not None else None
    if arrays is not None and arrays.file is not None:
        loaded = need("numpy", "a column of arrays").load(artifact.get_entry(arrays.file["path"]).download(), allow_pickle=False)
        column, arrays.file = loaded[arrays.file["key"]], None
        return lambda index, value: column[index]
    if any(isinstance(each, TimestampKind) for each in members):
        return lambda index, value: (
            datetime.datetime.fromtimestamp(value / 1000, tz=_UTC) if isinstance(value, (int, float)) else value
        )

    def read(index: int, value: Any) -> Any:
        made = WBValue.init_from_json(value, artifact) if isinstance(value, dict) and "_type" in value else None
        return value if made is None else made

    return read


def _increments(told: dict[str, Any], artifact: Artifact) -> Iterator[list[Any]]:
    """The rows of all increments: NUMBER-MILLISECONDS.KEY.table.json, in that order."""
    if told.get("increment_num") is None:
        return

    def order(path: str) -> tuple[int, int]:
        number, _, moment = path.split(".")[0].partition("-")
        return (int(number), int(moment or 0)) if number.isdecimal() and (moment or "0").isdecimal() else (0, 0)

    for path in sorted((path for path in artifact.manifest.entries if path.endswith(_EXTENSION)), key=order):
        with open(artifact.get_entry(path).download(), encoding="utf-8") as file:
            yield from json.load(file)["data"]


@register("table", "wandb.Table", classes=[Table])
class TableKind(Kind):
    """Tables with such columns."""

    def __init__(self, column_types: Any = None) -> None:
        if isinstance(column_types, dict):
            column_types = DictKind(column_types)
        super().__init__(column_types=column_types or UnknownKind())

    @classmethod
    def of(cls, value: Any) -> Kind:
        return cls(value._column_types)

    def join(self, other: Kind) -> Kind | None:
        if not isinstance(other, TableKind):
            return None
        kinds = self.params["column_types"].join(other.params["column_types"])
        return TableKind(kinds) if kinds is not None else None
