"""history.py - what a run logged: sampled, or row by row. Columnar from our server, as JSON from others."""

from __future__ import annotations

import importlib.util
import itertools
import json
import warnings
from typing import TYPE_CHECKING, Any, Iterator

from barograph.apis.public import frames

if TYPE_CHECKING:
    from barograph.apis.public.columns import Columns
    from barograph.apis.public.run import Run

_FULL = "query RunFullHistory(%s) { project(name: $project, entityName: $entity) { run(name: $name) { rows: %s } } }"
_PLACE = "$project: String!, $entity: String!, $name: String!"
_PAGE = _FULL % (
    _PLACE + ", $minStep: Int64!, $maxStep: Int64!, $pageSize: Int!",
    "history(minStep: $minStep, maxStep: $maxStep, samples: $pageSize)",
)
_SAMPLED = _FULL % (_PLACE + ", $specs: [JSONString!]!", "sampledHistory(specs: $specs)")


def _ask(run: Run, document: str, **variables: Any) -> Any:
    run_fields = run._ask(document, **variables)
    return run_fields["rows"]


def _columns(run: Run, keys: list[str], stream: str, **more: Any) -> Columns | None:
    request = {
        "entity": run.entity,
        "project": run.project,
        "runs": [run.id],
        "keys": keys,
        "stream": "events" if stream == "system" else "history",
        **{name: value for name, value in more.items() if value is not None},
    }
    found: Columns | None = run.client.columns("/api/history/columns", request)
    return found


def read_history(run: Run, samples: int, keys: list[str], stream: str, format: str) -> Any:
    """About `samples` rows; with keys those that have all of them. Without pandas, a list instead of a DataFrame."""
    if format == "pandas" and importlib.util.find_spec("pandas") is None:
        warnings.warn("pandas is not installed: history() answers a list; pandas=False asks for one", stacklevel=3)
        format = "default"
    columns = _columns(run, keys, stream, samples=samples)
    if columns is not None:
        return frames.of_columns(columns, format)
    if keys:
        rows = _ask(run, _SAMPLED, specs=[json.dumps({"keys": keys, "samples": samples})])[0]
    else:
        field = "events" if stream == "system" else "history"
        document = _FULL % (_PLACE + ", $samples: Int", f"{field}(samples: $samples)")
        rows = [json.loads(row) for row in _ask(run, document, samples=samples)]
    return frames.of_rows(rows, format)


class HistoryScan:
    """All rows of a history, in order of their steps; may be looped over more than once."""

    def __init__(
        self,
        run: Run,
        keys: list[str] | None = None,
        page_size: int = 1000,
        min_step: int | None = None,
        max_step: int | None = None,
        stream: str = "default",
    ) -> None:
        if page_size < 1:
            raise ValueError(f"page_size is 1 or more, got {page_size}")
        self.run = run
        # Rows come with their step, whether it is asked for or not.
        step = ["_step"] if stream == "default" else []
        self.keys = list(dict.fromkeys([*step, *keys])) if keys else []
        self.page_size = page_size
        self.min_step = min_step
        self._end = max_step
        self._stream = stream
        self._found: Columns | None = None
        self._is_foreign = False
        self._rows: Iterator[dict[str, Any]] | None = None

    @property
    def max_step(self) -> int:
        """The highest step that a row may have."""
        return (self.run.lastHistoryStep + 1 if self._end is None else self._end) - 1

    def __iter__(self) -> Iterator[dict[str, Any]]:
        columns = self._try_columns()
        self._rows = columns.rows() if columns is not None else self._pages()
        # Two loops may run at once; next(scan) goes on where the loop that began last is.
        mine, self._rows = itertools.tee(self._rows) if columns is None else (columns.rows(), self._rows)
        return mine

    def __next__(self) -> dict[str, Any]:
        if self._rows is None:
            iter(self)
        assert self._rows is not None
        return next(self._rows)

    next = __next__

    def _try_columns(self) -> Columns | None:
        if self._found is None and not self._is_foreign:
            last = None if self._end is None else self._end - 1
            self._found = _columns(self.run, self.keys, self._stream, min_step=self.min_step, max_step=last)
            self._is_foreign = self._found is None
        return self._found

    def columns(self) -> Any:
        """The rows as a Columns; as a pyarrow.Table from a server that is not ours."""
        found = self._try_columns()
        return found if found is not None else frames.of_rows(list(self._pages()), "arrow")

    def _pages(self) -> Iterator[dict[str, Any]]:
        end = self.run.lastHistoryStep + 1
        end = end if self._end is None else min(end, self._end)
        for first in range(self.min_step or 0, end, self.page_size):
            last = min(first + self.page_size, end)
            if self.keys:
                spec = {"keys": self.keys, "minStep": first, "maxStep": last - 1, "samples": self.page_size + 1}
                yield from _ask(self.run, _SAMPLED, specs=[json.dumps(spec)])[0]
            else:
                page = _ask(self.run, _PAGE, minStep=first, maxStep=last, pageSize=last - first)
                yield from (json.loads(row) for row in page)
