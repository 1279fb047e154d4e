"""runs.py - Runs: the runs of a project that a filter holds for.

A list is fetched without configs and summaries. The first run whose config or summary is read fetches those of its
whole page, and the pages after it come with them: a loop over configs costs a request a page, not a request a run.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from barograph.apis.client import ApiError
from barograph.apis.paginator import SizedPaginator
from barograph.apis.public import frames
from barograph.apis.public.run import FULL_FIELDS, LIGHT_FIELDS, Run, RunNotFoundError

__all__ = ["Run", "RunNotFoundError", "Runs"]

DEFAULT_ORDER = "-created_at"

_RUNS = """query Runs($project: String!, $entity: String!, $cursor: String, $perPage: Int = 50, $order: String,
  $filters: JSONString) {
  project(name: $project, entityName: $entity) {
    internalId readOnly runCount(filters: $filters)
    runs(filters: $filters, after: $cursor, first: $perPage, order: $order) {
      edges { node { %s } cursor } pageInfo { endCursor hasNextPage }
    }
  }
}"""
_COUNT = """query RunCount($project: String!, $entity: String!, $filters: JSONString) {
  project(name: $project, entityName: $entity) { runCount(filters: $filters) }
}"""


class Runs(SizedPaginator["Run"]):
    """The runs of a project that a filter holds for. Made by `Api.runs`.

    include_sweeps changes nothing: a run's sweep is fetched when it is asked for, once for all runs of the list.
    """

    QUERY = _RUNS % LIGHT_FIELDS

    def __init__(
        self,
        client: Any,
        entity: str,
        project: str,
        filters: dict[str, Any] | None = None,
        order: str | None = None,
        per_page: int = 50,
        include_sweeps: bool = True,
        lazy: bool = True,
    ) -> None:
        self.entity = entity
        self.project = project
        self.filters = filters or {}
        self.order = _order(order)
        self._sweeps: dict[str, Any] = {}
        self._lazy = lazy
        self._count: int | None = None
        if not lazy:
            self.QUERY = _RUNS % FULL_FIELDS
        variables = {"project": project, "entity": entity, "order": self.order, "filters": json.dumps(self.filters)}
        super().__init__(client, variables, per_page)

    def connection(self, response: dict[str, Any]) -> dict[str, Any]:
        return self._project(response).get("runs") or {}

    def _project(self, response: dict[str, Any]) -> dict[str, Any]:
        project: dict[str, Any] | None = response.get("project")
        if project is None:
            raise ApiError(f"Could not find project {self.entity}/{self.project}; Api().projects({self.entity!r}) lists them")
        return project

    def convert(self, node: dict[str, Any]) -> Run:
        run = Run(self.client, self.entity, self.project, node["name"], node)
        run._list = self
        return run

    @property
    def length(self) -> int:
        """How many runs there are, asked for without fetching them."""
        if self.last_response is not None:
            return int(self._project(self.last_response)["runCount"])
        if self._count is None:
            self._count = int(self._project(self.client.query(_COUNT, self.variables))["runCount"])
        return self._count

    def __repr__(self) -> str:
        return f"<Runs {self.entity}/{self.project}>"

    # ---- heavy fields ----

    def upgrade_to_full(self) -> None:
        """Fetches configs and summaries too: of the runs that are there at once, of others with them."""
        if not self._lazy:
            return
        self._lazy = False
        self.QUERY = _RUNS % FULL_FIELDS
        for first in range(0, len(self.objects), self.per_page):
            self._fill(self.objects[first : first + self.per_page])

    def _fill_page_of(self, run: Run) -> None:
        """The heavy fields of a run and of those that came with it; the pages to come have them from the start."""
        self._lazy = False
        self.QUERY = _RUNS % FULL_FIELDS
        at = next((i for i, each in enumerate(self.objects) if each is run), None)
        if at is None:
            run.load_full_data(force=True)
            return
        first = at - at % self.per_page
        self._fill(self.objects[first : first + self.per_page])

    def _fill(self, runs: list[Run]) -> None:
        lacking = {run.id: run for run in runs if not run._has_full_data()}
        if not lacking:
            return
        filters = json.dumps({"name": {"$in": list(lacking)}})
        variables = {**self.variables, "cursor": None, "perPage": len(lacking), "filters": filters}
        found = self._project(self.client.query(_RUNS % FULL_FIELDS, variables))
        for edge in found["runs"]["edges"]:
            lacking[edge["node"]["name"]]._take(edge["node"])

    # ---- histories ----

    def histories(
        self,
        samples: int = 500,
        keys: list[str] | None = None,
        x_axis: str = "_step",
        format: Literal["default", "pandas", "polars"] = "default",
        stream: Literal["default", "system"] = "default",
    ) -> Any:
        """Sampled histories of all the runs, each row with its `run_id`.

        samples: rows a run. keys: only rows that have all of these metrics. x_axis: the metric that comes with them.
        stream: "default" for what was logged, "system" for the machine's metrics. A list of dictionaries, or a
        pandas.DataFrame or polars.DataFrame as `format` says.
        """
        if format not in ("default", "pandas", "polars"):
            raise ValueError(f"format is default, pandas or polars, got {format!r}")
        request = {
            "entity": self.entity,
            "project": self.project,
            "filters": json.dumps(self.filters),
            "order": self.order,
            "samples": samples,
            "stream": "events" if stream == "system" else "history",
            "keys": [x_axis, *keys] if keys else [],
            "with_run": True,
        }
        columns = self.client.columns("/api/history/columns", request)
        if columns is not None:
            return frames.of_columns(columns, format, sort=True)
        rows = [
            {**row, "run_id": run.id}
            for run in self
            for row in run.history(samples=samples, keys=keys, x_axis=x_axis, pandas=False, stream=stream)
        ]
        return frames.of_rows(rows, format, sort=True)

    def table(self, format: Literal["arrow", "pandas", "polars"] = "arrow") -> Any:
        """One row a run: its fields, and one column for each key of the configs (config.*) and summaries (summary.*).

        Barograph's own. "arrow" is a Columns, which every Arrow library takes.
        """
        request = {"entity": self.entity, "project": self.project, "filters": json.dumps(self.filters), "order": self.order}
        columns = self.client.columns("/api/runs/columns", request)
        if columns is not None:
            return frames.of_columns(columns, format)
        self.upgrade_to_full()
        return frames.of_rows([frames.run_row(run) for run in self], format)


def _order(order: str | None) -> str:
    """Also of the words "asc" and "desc", which mean by time of creation."""
    return {None: DEFAULT_ORDER, "": DEFAULT_ORDER, "asc": "+created_at", "desc": "-created_at"}.get(order, order) or DEFAULT_ORDER
