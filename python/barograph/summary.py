"""summary.py - run.summary: the last or best value of each metric, as the library computes it."""

from __future__ import annotations

import json
from typing import Any, Callable, Iterator, Mapping, MutableMapping

from barograph.config import as_dict


class SummarySubDict(MutableMapping[str, Any]):
    """A dictionary inside the summary: what is set in it is set in the run."""

    def __init__(self, top: Summary, path: tuple[str, ...]) -> None:
        self.__dict__["_top"] = top
        self.__dict__["_path"] = path

    def _values(self) -> dict[str, Any]:
        values: Any = self._top._read_values()
        for key in self._path:
            values = values.get(key) if isinstance(values, dict) else None
        return values if isinstance(values, dict) else {}

    def _wrap(self, key: str, value: Any) -> Any:
        is_plain = not isinstance(value, dict) or "_type" in value
        return value if is_plain else SummarySubDict(self._top, (*self._path, key))

    def __getitem__(self, key: str) -> Any:
        return self._wrap(key, self._values()[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values())

    def __len__(self) -> int:
        return len(self._values())

    def __setitem__(self, key: str, value: Any) -> None:
        self.update({key: value})

    def __delitem__(self, key: str) -> None:
        if key not in self._values():
            raise KeyError(key)
        self._top._remove_value((*self._path, key))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the summary has no {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        del self[name]

    def __repr__(self) -> str:
        return repr(self._values())

    def keys(self) -> Any:
        return self._values().keys()

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self._values() else default

    def update(self, d: Any = None, **more: Any) -> None:  # type: ignore[override]
        values: Any = {**as_dict(d), **more}
        for key in reversed(self._path):
            values = {key: values}
        if values:
            self._top._write_values(_plain(values))

    def as_dict(self) -> dict[str, Any]:
        return self._values()


class Summary(SummarySubDict):
    """Reads what was logged up to now; what is set here holds until the key is logged again."""

    def __init__(
        self,
        read: Callable[[], str],
        write: Callable[[dict[str, Any]], None],
        remove: Callable[[list[str]], None],
    ) -> None:
        super().__init__(self, ())
        self.__dict__["_read"] = read
        self.__dict__["_write"] = write
        self.__dict__["_remove"] = remove

    def _read_values(self) -> dict[str, Any]:
        values: dict[str, Any] = json.loads(self._read())
        return values

    def _write_values(self, values: dict[str, Any]) -> None:
        self._write(values)

    def _remove_value(self, path: tuple[str, ...]) -> None:
        self._remove(list(path))


def _plain(value: Any) -> Any:
    """Parts of a summary that were read are written back as what they are."""
    if isinstance(value, SummarySubDict):
        return value.as_dict()
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    return value
