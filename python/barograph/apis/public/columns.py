"""columns.py - Columns: an answer in Arrow's stream format, decoded in C straight into arrays."""

from __future__ import annotations

from typing import Any, Iterator

from barograph import _core
from barograph.errors import UsageError

BLOCK_ROWS = 4096
_DTYPES = {"q": "int64", "d": "float64", "?": "bool"}


class Columns:
    """A table with named columns of equal length.

    Anything that speaks the Arrow C stream interface takes it as it is: `pyarrow.table(columns)`,
    `polars.DataFrame(columns)`, DuckDB. Values that are nested or of mixed types come as JSON text there.
    """

    MEDIA_TYPE = "application/vnd.apache.arrow.stream"

    def __init__(self, stream: bytes) -> None:
        self._core = _core.Columns(stream)
        self.column_names: list[str] = self._core.names()

    def __len__(self) -> int:
        return self._core.row_count()

    @property
    def num_rows(self) -> int:
        """How many rows there are."""
        return len(self)

    @property
    def metadata(self) -> dict[str, str]:
        """What the server says of the whole table."""
        return self._core.metadata()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._core.arrow_stream()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self.rows()

    def __repr__(self) -> str:
        return f"<Columns {len(self)} rows: {', '.join(self.column_names)}>"

    def rows(self) -> Iterator[dict[str, Any]]:
        """Row by row as dictionaries, nested keys nested again; keys without a value are left out."""
        for first in range(0, len(self), BLOCK_ROWS):
            yield from self._core.rows(first, BLOCK_ROWS)

    def to_pylist(self) -> list[dict[str, Any]]:
        """All rows as dictionaries."""
        return self._core.rows(0, len(self))

    def column(self, name: str) -> Any:
        """One column: a numpy array, where there are only numbers; integers with gaps become floats with NaN."""
        if name not in self.column_names:
            raise KeyError(f"no column {name!r}; there are {', '.join(self.column_names)}")
        return self._array(self.column_names.index(name))

    def _array(self, at: int) -> Any:
        import numpy

        kind, values = self._core.values(at, float("nan"))
        if kind == "O":
            if _are_numbers(values):
                return numpy.array([float("nan") if value is None else value for value in values], dtype="float64")
            array: Any = numpy.empty(len(values), dtype=object)
            array[:] = values
            return array
        return numpy.frombuffer(values, dtype=_DTYPES[kind])

    def to_pandas(self) -> Any:
        """A pandas.DataFrame. Nested keys are one column of dictionaries, as they were logged."""
        pandas = required("pandas")
        nested = self._core.nested()
        arrays: dict[str, Any] = {}
        for at, name in enumerate(self.column_names):
            if at not in nested:
                arrays[name] = self._array(at)
        for top in dict.fromkeys(nested.values()):
            arrays[top] = self._objects(top, [at for at in nested if nested[at] == top])
        return pandas.DataFrame(arrays, copy=False)

    def _objects(self, top: str, columns: list[int]) -> Any:
        import numpy

        array: Any = numpy.empty(len(self), dtype=object)
        array[:] = [row.get(top, float("nan")) for row in self._core.rows(0, len(self), columns)]
        return array

    def to_polars(self) -> Any:
        """A polars.DataFrame, nested keys with dots."""
        return required("polars").DataFrame(self)

    def to_arrow(self) -> Any:
        """A pyarrow.Table, nested keys with dots."""
        return required("pyarrow").table(self)


def _are_numbers(values: list[Any]) -> bool:
    """Whether there are only numbers, among nulls: what was logged as null is NaN in an array."""
    kinds = {type(value) for value in values}
    return bool(kinds) and kinds <= {int, float, type(None)}


def required(package: str) -> Any:
    """A package that is needed for what was asked; one sentence when it is missing."""
    import importlib

    try:
        return importlib.import_module(package)
    except ImportError:
        raise UsageError(f"this needs {package}: `pip install {package}`") from None
