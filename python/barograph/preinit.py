"""preinit.py - barograph.config and barograph.summary before there is a run."""

from __future__ import annotations

from typing import Any, NoReturn

from barograph.errors import Error


class PreInit:
    """Says on every use what has to be done first."""

    def __init__(self, name: str) -> None:
        self.__dict__["_name"] = name

    def _refuse(self) -> NoReturn:
        raise Error(f"call barograph.init() before barograph.{self.__dict__['_name']}")

    def __getitem__(self, key: Any) -> NoReturn:
        self._refuse()

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        self._refuse()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse()

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        self._refuse()

    def __bool__(self) -> bool:
        return False
