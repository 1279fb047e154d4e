"""frames.py - rows and columns in the form that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from barograph.apis.public.columns import Columns, required

if TYPE_CHECKING:
    from barograph.apis.public.run import Run


def of_columns(columns: Columns, format: str, sort: bool = False) -> Any:
    """default: a list of dictionaries; arrow: the columns themselves."""
    if format == "default":
        return columns.to_pylist()
    if format == "arrow":
        return columns
    if format not in ("pandas", "polars"):
        raise ValueError(f"format is arrow, pandas or polars, got {format!r}")
    frame = columns.to_pandas() if format == "pandas" else columns.to_polars()
    if len(columns) == 0:
        return required(format).DataFrame()
    return _sorted(frame) if sort else frame


def of_rows(rows: list[dict[str, Any]], format: str, sort: bool = False) -> Any:
    """The same of dictionaries, from a server that has no columns."""
    if format == "default":
        return rows
    if format == "pandas":
        frame = required("pandas").DataFrame.from_records(rows)
    elif format == "polars":
        frame = required("polars").DataFrame(rows, infer_schema_length=None)
    elif format == "arrow":
        return required("pyarrow").Table.from_pylist(rows)
    else:
        raise ValueError(f"format is arrow, pandas or polars, got {format!r}")
    return _sorted(frame) if sort else frame


def _sorted(frame: Any) -> Any:
    return frame[sorted(frame.columns)]


def run_row(run: Run) -> dict[str, Any]:
    """A run as one row, keys with dots."""
    row: dict[str, Any] = {
        "id": run.id,
        "name": run.name,
        "state": run.state,
        "created_at": run._attrs.get("createdAt"),
        "heartbeat_at": run._attrs.get("heartbeatAt"),
        "user": (run._attrs.get("user") or {}).get("username"),
        "group": run._attrs.get("group"),
        "job_type": run._attrs.get("jobType"),
        "sweep": run.sweep_name,
        "notes": run._attrs.get("notes"),
        "tags": run._attrs.get("tags"),
    }
    _flatten(row, "config", run.config)
    _flatten(row, "summary", run.summary_metrics)
    return row


def _flatten(row: dict[str, Any], prefix: str, values: dict[str, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, dict) and value and "_type" not in value:
            _flatten(row, f"{prefix}.{key}", value)
        else:
            row[f"{prefix}.{key}"] = value
