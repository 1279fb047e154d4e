"""eval_table.py - EvalTable: a table whose columns are inputs, outputs and scores of what is evaluated."""

from __future__ import annotations

from typing import Any

from barograph.data_types.base import is_run
from barograph.data_types.table import Table
from barograph.errors import UnsupportedError, UsageError

MEDIA_MODES = ("stub", "raise")


class EvalTable(Table):
    """A table for the results of a model. It is logged as a table is; what its columns are stands in the run's summary.

    Args:
        columns: the columns' names; the inputs, outputs and scores when they are not given.
        data: rows, an array of two dimensions, or a pandas DataFrame.
        rows: rows; the older name of data.
        dataframe: a DataFrame; the older name of data.
        dtype: what the columns hold, one for all or a list.
        optional: whether None is allowed, one for all or a list.
        allow_mixed_types: any value in any column.
        log_mode: IMMUTABLE.
        input_columns: what was given to the model.
        output_columns: what it answered; so are columns that are in no list.
        score_columns: how good that was.
        backend: where others keep it; it lies on this server.
        unsupported_media_mode: all media can be kept; stub or raise mean the same.
    """

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
        *,
        input_columns: list[str] | None = None,
        output_columns: list[str] | None = None,
        score_columns: list[str] | None = None,
        backend: str | None = None,
        unsupported_media_mode: str = "stub",
    ) -> None:
        if log_mode != "IMMUTABLE":
            raise UsageError(f"an EvalTable's log_mode is IMMUTABLE, got {log_mode!r}")
        if unsupported_media_mode not in MEDIA_MODES:
            raise ValueError(f"unsupported_media_mode is one of {', '.join(MEDIA_MODES)}, got {unsupported_media_mode!r}")
        if backend is not None:
            raise UnsupportedError(f"an EvalTable lies on the server as a table does; there is no backend {backend!r}")
        self._inputs, self._outputs = list(input_columns or []), list(output_columns or [])
        self._scores = list(score_columns or [])
        named = [*self._inputs, *self._outputs, *self._scores]
        frames = [each for each in (dataframe, data) if hasattr(each, "columns")]
        super().__init__(
            (named or None) if columns is None and not frames else columns,
            data,
            rows,
            dataframe,
            dtype,
            optional,
            allow_mixed_types,
            log_mode,
        )
        unknown = sorted(set(named) - {str(name) for name in self.columns})
        if unknown:
            raise ValueError(f"{', '.join(map(repr, unknown))}: no such column; there are {', '.join(map(repr, self.columns))}")

    def to_json(self, run_or_artifact: Any) -> dict[str, Any]:
        told = super().to_json(run_or_artifact)
        if is_run(run_or_artifact):
            apart = {*self._inputs, *self._outputs, *self._scores}
            outputs = [*self._outputs, *(str(name) for name in self.columns if str(name) not in apart)]
            told.update(input_columns=self._inputs, output_columns=outputs, score_columns=self._scores)
        return told
