"""custom_chart.py - a table, and which of its columns a Vega specification draws how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from barograph.data_types.table import Table
from barograph.errors import Error


@dataclass
class CustomChartSpec:
    """How a table is drawn; readers of a run find it in its config."""

    spec_name: str
    fields: dict[str, Any]
    string_fields: dict[str, Any]
    key: str = ""
    panel_type: str = "Vega2"
    split_table: bool = False

    @property
    def table_key(self) -> str:
        """The key under which the table is logged."""
        if not self.key:
            raise Error("a chart has its key when it is logged")
        return f"Custom Chart Tables/{self.key}_table" if self.split_table else f"{self.key}_table"

    @property
    def config_key(self) -> tuple[str, str, str]:
        return ("_wandb", "visualize", self.key)

    @property
    def config_value(self) -> dict[str, Any]:
        def field(name: str, *args: tuple[str, str], fields: list[Any] | None = None) -> dict[str, Any]:
            told: dict[str, Any] = {"name": name}
            if args:
                told["args"] = [{"name": each, "value": value} for each, value in args]
            told["fields"] = fields or []
            return told

        inner = [field(name) for name in ("id", "name", "_defaultColorIndex")]
        inner.append(field("summaryTable", ("tableKey", self.table_key)))
        return {
            "panel_type": self.panel_type,
            "panel_config": {
                "panelDefId": self.spec_name,
                "fieldSettings": self.fields,
                "stringSettings": self.string_fields,
                "transform": {"name": "tableWithLeafColNames"},
                "userQuery": {"queryFields": [field("runSets", ("runSets", "${runSets}"), fields=inner)]},
            },
        }


@dataclass
class CustomChart:
    """A chart to be logged."""

    table: Table
    spec: CustomChartSpec

    def set_key(self, key: str) -> None:
        """Called with the key that it is logged under."""
        self.spec.key = key


def plot_table(
    vega_spec_name: str,
    data_table: Table,
    fields: dict[str, Any],
    string_fields: dict[str, Any] | None = None,
    split_table: bool = False,
) -> CustomChart:
    """A chart of a table by any Vega specification.

    Args:
        vega_spec_name: "wandb/scatter/v0", or one that was made in a workspace.
        data_table: the table.
        fields: the specification's fields, and the columns that they are.
        string_fields: its texts, such as the title.
        split_table: shows the table in a section of its own.
    """
    if not isinstance(data_table, Table):
        raise Error(f"a chart is drawn of a Table, got {type(data_table).__name__}")
    return CustomChart(data_table, CustomChartSpec(vega_spec_name, fields, string_fields or {}, split_table=split_table))
