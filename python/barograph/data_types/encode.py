"""encode.py - what becomes of logged values that are no plain JSON."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Sequence

from barograph.data_types.base import BatchableMedia, Media, WBValue
from barograph.data_types.figures import Plotly
from barograph.data_types.table import Table
from barograph.errors import ChartsFound
from barograph.util import is_matplotlib, is_pandas_data_frame, is_plotly, json_friendly

if TYPE_CHECKING:
    from barograph.run import Run

INCREMENTAL_TYPE = "wandb-run-incremental-table"


def to_json(run: Run, key: str, step: int | str, value: Any) -> Any:
    """The plain JSON that a run's history has for a value. Its files are written and sent on the way.

    TypeError when there is no such JSON.
    """
    if is_pandas_data_frame(value):
        value = Table(dataframe=value)
    elif is_matplotlib(value) or is_plotly(value):
        value = Plotly.make_plot_media(value)
    if isinstance(value, WBValue):
        return _value_json(run, key, step, value)
    if isinstance(value, (list, tuple)):
        if value and all(isinstance(each, WBValue) for each in value):
            return _list_json(run, key, step, value)
        return [to_json(run, key, step, each) for each in value]
    if isinstance(value, dict):
        return {name: to_json(run, name, step, each) for name, each in value.items()}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if hasattr(value, "json_encode"):
        return value.json_encode()
    if hasattr(value, "set_key") and hasattr(value, "spec"):
        raise ChartsFound
    plain, is_another = json_friendly(value)
    if not is_another:
        raise TypeError(f"a value of type {type(value).__name__!r} cannot be logged")
    return plain


def _value_json(run: Run, key: str, step: int | str, value: WBValue) -> Any:
    if isinstance(value, Media) and not value.is_bound():
        if value._log_type in ("table", "partitioned-table", "joined-table"):
            _log_as_artifact(run, key, value)
        if value._log_type not in ("partitioned-table", "joined-table"):
            value.bind_to_run(run, key, step)
    told = value.to_json(run)
    if isinstance(value, Table) and value.log_mode == "INCREMENTAL":
        value._last_logged_idx = len(value.data) - 1
    return told


def _list_json(run: Run, key: str, step: int | str, values: Sequence[Any]) -> Any:
    """A list of one kind of media is one value; others are a list of values."""
    kind = type(values[0])
    if not issubclass(kind, BatchableMedia) or any(not isinstance(each, kind) for each in values):
        return [_value_json(run, key, step, each) for each in values]
    limit = getattr(kind, "MAX_ITEMS", len(values))
    if len(values) > limit:
        print(f"barograph: of {len(values)} values of {key!r}, the first {limit} are logged", file=sys.stderr)
        values = values[:limit]
    for each in values:
        if not each.is_bound():
            each.bind_to_run(run, key, step)
    return kind.seq_to_json(values, run, key, step)


def _log_as_artifact(run: Run, key: str, table: Media) -> None:
    """Tables are artifacts too, so that they can be joined, queried and read again."""
    from barograph.artifacts import Artifact
    from barograph.artifacts.names import own_name

    if isinstance(table, Table) and table.log_mode == "INCREMENTAL":
        table._resume(run, key)
        artifact = Artifact._own(own_name(f"run-{run.id}-incr-{key}"), INCREMENTAL_TYPE, incremental=True)
        name = f"{table._increment_num or 0}-{time.time_ns() // 1_000_000}.{key}"
    else:
        artifact = Artifact._own(own_name(f"run-{run.id}-{key}"), "run_table")
        name = key
    artifact.add(table, name)
    run.log_artifact(artifact)


def without_charts(run: Run, row: dict[str, Any]) -> dict[str, Any]:
    """The row with each chart's table instead of the chart; how to draw it goes into the run's config."""
    from barograph.artifacts.logging import set_own_config
    from barograph.plot.custom_chart import CustomChart
    from barograph.plot.visualize import Visualize

    plain: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, (CustomChart, Visualize)):
            value.set_key(key)
            set_own_config(run, list(value.spec.config_key[1:]), value.spec.config_value)
            plain[value.spec.table_key if isinstance(value, CustomChart) else key] = value.table
        else:
            plain[key] = value
    return plain

