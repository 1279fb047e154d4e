"""charts.py - the usual charts of a table's columns."""

from __future__ import annotations

from typing import Any, Iterable, Sequence

from barograph.data_types.table import Table
from barograph.plot.custom_chart import CustomChart, plot_table


def bar(table: Table, label: str, value: str, title: str = "", split_table: bool = False) -> CustomChart:
    """A bar for each row: `label` names it, `value` is its length."""
    return plot_table("wandb/bar/v0", table, {"label": label, "value": value}, {"title": title}, split_table)


def histogram(table: Table, value: str, title: str = "", split_table: bool = False) -> CustomChart:
    """How often values of a column occur."""
    return plot_table("wandb/histogram/v0", table, {"value": value}, {"title": title}, split_table)


def line(
    table: Table, x: str, y: str, stroke: str | None = None, title: str = "", split_table: bool = False
) -> CustomChart:
    """A line; with `stroke` one for each value of that column."""
    return plot_table("wandb/line/v0", table, {"x": x, "y": y, "stroke": stroke}, {"title": title}, split_table)


def scatter(table: Table, x: str, y: str, title: str = "", split_table: bool = False) -> CustomChart:
    """A point for each row."""
    return plot_table("wandb/scatter/v0", table, {"x": x, "y": y}, {"title": title}, split_table)


def line_series(
    xs: Sequence[Any],
    ys: Sequence[Iterable[Any]],
    keys: Sequence[str] | None = None,
    title: str = "",
    xname: str = "x",
    split_table: bool = False,
) -> CustomChart:
    """Several lines.

    Args:
        xs: one list that all lines share, or one for each.
        ys: a list for each line.
        keys: the lines' names.
        title: above the chart.
        xname: below its axis.
        split_table: shows the table in a section of its own.
    """
    is_shared = not isinstance(xs[0], Iterable) or isinstance(xs[0], (str, bytes))
    lists = [xs] * len(ys) if is_shared else xs
    names = [f"line_{i}" for i in range(len(ys))] if keys is None else keys
    if len(lists) != len(ys) or len(names) != len(ys):
        raise ValueError(f"{len(ys)} lines need as many lists of x and names, got {len(lists)} and {len(names)}")
    rows = [[x, name, y] for name, line_x, line_y in zip(names, lists, ys) for x, y in zip(line_x, line_y)]
    columns = ["step", "lineKey", "lineVal"]
    table = Table(data=rows, columns=list(columns))
    fields = {name: name for name in columns}
    return plot_table("wandb/lineseries/v0", table, fields, {"title": title, "xname": xname}, split_table)
