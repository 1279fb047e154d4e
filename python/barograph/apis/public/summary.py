"""summary.py - a run's summary: a dictionary whose nested dictionaries are attributes too; update() keeps changes."""

from __future__ import annotations

import json
from typing import Any, Iterator, MutableMapping

_MISSING = object()


class SummarySubDict(MutableMapping[str, Any]):
    """Nested values. What is set is written to the server by the summary's update()."""

    def __init__(self, values: dict[str, Any]) -> None:
        object.__setattr__(self, "_values", values)

    @staticmethod
    def _key(key: Any) -> Any:
        return key.strip() if isinstance(key, str) else key

    def __getitem__(self, key: str) -> Any:
        value = self._values[self._key(key)]
        return SummarySubDict(value) if isinstance(value, dict) else value

    def __setitem__(self, key: str, value: Any) -> None:
        self._values[self._key(key)] = _plain(value)

    def __delitem__(self, key: str) -> None:
        del self._values[self._key(key)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: object) -> bool:
        return self._key(key) in self._values

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the summary has no {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
        else:
            self[name] = value

    def __delattr__(self, name: str) -> None:
        del self[name]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, SummarySubDict):
            return bool(self._values == other._values)
        return bool(self._values == other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return json.dumps(self._values, default=str)

    def keys(self) -> Any:
        return self._values.keys()


class HTTPSummary(SummarySubDict):
    """A run's summary as the server has it."""

    def __init__(self, run: Any, client: Any, summary: dict[str, Any] | None = None) -> None:
        super().__init__(summary if summary is not None else {})
        self._run = run
        self._client = client

    @property
    def _json_dict(self) -> dict[str, Any]:
        values: dict[str, Any] = self._values
        return values

    def load(self) -> None:
        """Summaries come with the run."""

    def update(self, key_vals: Any = _MISSING, overwrite: bool = True, **more: Any) -> None:  # type: ignore[override]
        """Sets values, and writes the whole summary to the server. Without overwrite, only those not set yet."""
        new = dict(key_vals) if key_vals is not _MISSING and key_vals is not None else {}
        for key, value in {**new, **more}.items():
            if overwrite or key not in self:
                self[key] = value
        self._run._write_summary(self._values)


Summary = HTTPSummary


def _plain(value: Any) -> Any:
    """What JSON can hold of Python's, numpy's and the summary's own values."""
    if isinstance(value, SummarySubDict):
        return value._values
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist") and not isinstance(value, (str, bytes)):
        return value.tolist()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"a value of type {type(value).__name__!r} cannot stand in a summary")
