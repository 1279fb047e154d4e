"""config.py - run.config: a dictionary whose values are also attributes, written to the run as they change."""

from __future__ import annotations

from argparse import Namespace
from typing import Any, Callable, Iterator, Mapping, MutableMapping

from barograph.errors import UsageError


def as_dict(values: Any) -> dict[str, Any]:
    """A plain dictionary of a mapping, an argparse namespace, or anything with attributes."""
    if values is None:
        return {}
    if isinstance(values, Mapping):
        return {str(key): value for key, value in values.items()}
    if isinstance(values, Namespace):
        return dict(vars(values))
    raise UsageError(f"a config is a dictionary or an argparse namespace, got {type(values).__name__}")


class Config(MutableMapping[str, Any]):
    """The run's configuration. A value that was set is changed only by update(..., allow_val_change=True)."""

    def __init__(self, write: Callable[[dict[str, Any]], None]) -> None:
        object.__setattr__(self, "_write", write)
        object.__setattr__(self, "_values", {})

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.update({key: value})

    def __delitem__(self, key: str) -> None:
        raise UsageError("a config's keys stay; set a new value instead")

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(f"the config has no {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __repr__(self) -> str:
        return repr(self._values)

    def as_dict(self) -> dict[str, Any]:
        return dict(self._values)

    def update(self, values: Any = None, allow_val_change: bool | None = None, **more: Any) -> None:  # type: ignore[override]
        """Sets all or, when one of them may not change, nothing."""
        new = {**as_dict(values), **more}
        for key, value in new.items():
            if not allow_val_change and key in self._values and not _same(self._values[key], value):
                raise UsageError(
                    f"config key {key!r} is {self._values[key]!r} already; "
                    "config.update(..., allow_val_change=True) changes it"
                )
        if new:
            self._write(new)
            self._values.update(new)

    def setdefaults(self, values: Any) -> None:
        """Sets what is not set yet."""
        self.update({key: value for key, value in as_dict(values).items() if key not in self._values})


def _same(old: Any, new: Any) -> bool:
    return type(old) is type(new) and repr(old) == repr(new)
