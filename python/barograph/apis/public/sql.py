"""sql.py - SQL over the runs and histories of a project, answered by DuckDB."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from barograph.apis.public.columns import required

if TYPE_CHECKING:
    from barograph.apis.public.runs import Runs


def ask(runs: Runs, query: str, format: str) -> Any:
    """Fetches only the tables that the query names."""
    duckdb = required("duckdb")
    if format not in ("pandas", "polars", "arrow"):
        raise ValueError(f"format is pandas, polars or arrow, got {format!r}")
    # The tables come as Arrow; pyarrow gives DuckDB what it reads without a copy.
    arrow = required("pyarrow")
    with duckdb.connect() as connection:
        if re.search(r"\bruns\b", query, re.IGNORECASE):
            connection.register("runs", arrow.table(runs.table()))
        if re.search(r"\bhistory\b", query, re.IGNORECASE):
            connection.register("history", arrow.table(_history(runs)))
        found = connection.sql(query)
        if found is None:
            raise ValueError(f"the query answers nothing: {query!r}")
        if format == "pandas":
            return found.df()
        return found.pl() if format == "polars" else found.to_arrow_table()


def _history(runs: Runs) -> Any:
    """All rows of all runs."""
    request = {
        "entity": runs.entity,
        "project": runs.project,
        "filters": json.dumps(runs.filters),
        "order": runs.order,
        "with_run": True,
    }
    columns = runs.client.columns("/api/history/columns", request)
    if columns is not None:
        return columns
    rows = [{"run_id": run.id, **row} for run in runs for row in run.scan_history()]
    return required("pyarrow").Table.from_pylist(rows)
