"""summary.py - run.summary: the last or best value of each metric, as the library computes it."""

from __future__ import annotations

import json
from typing import Any, Callable, Iterator, Mapping

from barograph.config import as_dict


class Summary(Mapping[str, Any]):
    """Reads what was logged up to now; what is set here holds until the key is logged again."""

    def __init__(self, read: Callable[[], str], write: Callable[[dict[str, Any]], None]) -> None:
        object.__setattr__(self, "_read", read)
        object.__setattr__(self, "_write", write)

    def _values(self) -> dict[str, Any]:
        values: dict[str, Any] = json.loads(self._read())
        return values

    def __getitem__(self, key: str) -> Any:
        return self._values()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values())

    def __len__(self) -> int:
        return len(self._values())

    def __setitem__(self, key: str, value: Any) -> None:
        self._write({key: value})

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the summary has no {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __repr__(self) -> str:
        return repr(self._values())

    def update(self, values: Any = None, **more: Any) -> None:
        self._write({**as_dict(values), **more})
