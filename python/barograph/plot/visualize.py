"""visualize.py - charts of the older kind: a table that is drawn as its name says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from barograph.data_types.table import Table
from barograph.errors import Error


@dataclass
class VisualizeSpec:
    """Which chart, and of which key."""

    name: str
    key: str = ""

    @property
    def config_key(self) -> tuple[str, str, str]:
        return ("_wandb", "viz", self.key)

    @property
    def config_value(self) -> dict[str, Any]:
        return {"id": self.name, "historyFieldSettings": {"x-axis": "_step", "key": self.key}}


@dataclass
class Visualize:
    """A chart to be logged."""

    table: Table
    spec: VisualizeSpec

    def set_key(self, key: str) -> None:
        """Called with the key that it is logged under."""
        self.spec.key = key


def visualize(id: str, value: Table) -> Visualize:
    """A table that is drawn as the chart `id`."""
    if not isinstance(value, Table):
        raise Error(f"a chart is drawn of a Table, got {type(value).__name__}")
    return Visualize(value, VisualizeSpec(id))
