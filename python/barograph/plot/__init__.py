"""Charts of tables, drawn by Vega specifications that the server knows by name."""

from __future__ import annotations

from barograph.plot.charts import bar, histogram, line, line_series, scatter
from barograph.plot.curves import confusion_matrix, pr_curve, roc_curve
from barograph.plot.custom_chart import CustomChart, plot_table
from barograph.plot.visualize import Visualize, visualize

__all__ = [
    "CustomChart",
    "Visualize",
    "bar",
    "confusion_matrix",
    "histogram",
    "line",
    "line_series",
    "plot_table",
    "pr_curve",
    "roc_curve",
    "scatter",
    "visualize",
]
