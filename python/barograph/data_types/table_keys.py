"""table_keys.py - columns that name rows: primary keys, and references to rows of other tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from barograph.data_types.kinds import Kind, NumberKind, StringKind, register
from barograph.util import generate_id

if TYPE_CHECKING:
    from barograph.artifacts.artifact import Artifact
    from barograph.data_types.table import Table


class TableKey(str):
    """A text that names a row of a table."""

    _table: Table
    _col_name: Any

    def set_table(self, table: Table, col_name: Any) -> None:
        if col_name not in table.columns:
            raise ValueError(f"the table has no column {col_name!r}")
        self._table, self._col_name = table, col_name


class TableIndex(int):
    """The number of a row of a table."""

    _table: Table

    def set_table(self, table: Table) -> None:
        self._table = table

    def get_row(self) -> dict[Any, Any]:
        """The row by its columns."""
        return dict(zip(self._table.columns, self._table.data[self]))


class _KindWithTable(Kind):
    """Its parameters are written without the table, which becomes an entry of the artifact."""

    def to_json(self, artifact: Artifact | None = None) -> dict[str, Any]:
        if artifact is None:
            raise ValueError("a table with references to another can be written into an artifact only")
        told = {key: value for key, value in self.params.items() if key != "table"}
        told["table"] = artifact.add(self.params["table"], f"media/tables/t_{generate_id()}").path
        return {"wb_type": self.name, "params": told}

    @classmethod
    def from_json(cls, told: dict[str, Any], artifact: Artifact | None = None) -> Kind:
        table = artifact.get(told["params"]["table"]) if artifact is not None else None
        if table is None:
            raise ValueError("the table that a column refers to is not in the artifact")
        return cls(**{**told["params"], "table": table})

    def is_same_table(self, other: Kind) -> bool:
        is_like = isinstance(other, type(self)) and self.params.get("col_name") == other.params.get("col_name")
        return is_like and self.params["table"] is other.params["table"]

    def __str__(self) -> str:
        return f"{self.name.capitalize()}(table:{id(self.params['table'])}, col_name:{self.params.get('col_name')})"

    __repr__ = __str__
    __hash__ = Kind.__hash__


@register("primaryKey", "wandb.TablePrimaryKey")
class PrimaryKeyKind(Kind):
    """Texts, each of which names a row of its own table."""

    def join(self, other: Kind) -> Kind | None:
        return self if isinstance(other, (StringKind, PrimaryKeyKind, ForeignKeyKind)) else None


@register("foreignKey", "wandb.TableForeignKey", classes=[TableKey])
class ForeignKeyKind(_KindWithTable):
    """Texts that name rows of another table."""

    def __init__(self, table: Table, col_name: Any) -> None:
        super().__init__(table=table, col_name=col_name)

    @classmethod
    def of(cls, value: Any) -> Kind:
        return cls(value._table, value._col_name)

    def join(self, other: Kind) -> Kind | None:
        return self if isinstance(other, StringKind) or self.is_same_table(other) else None


@register("foreignIndex", "wandb.TableForeignIndex", classes=[TableIndex])
class ForeignIndexKind(_KindWithTable):
    """Numbers of another table's rows."""

    def __init__(self, table: Table) -> None:
        super().__init__(table=table)

    @classmethod
    def of(cls, value: Any) -> Kind:
        return cls(value._table)

    def join(self, other: Kind) -> Kind | None:
        return self if isinstance(other, NumberKind) or self.is_same_table(other) else None
