"""config.py - run.config: a dictionary whose values are also attributes, written to the run as they change."""

from __future__ import annotations

import os
from typing import Any, Callable, Iterator, Mapping, MutableMapping

from barograph.errors import ConfigError, UsageError

DEFAULTS_FILE = "config-defaults.yaml"


def as_dict(values: Any, include: list[str] | None = None, exclude: list[str] | None = None) -> dict[str, Any]:
    """A plain dictionary of a mapping, an argparse namespace, absl flags, a YAML file's path, or nothing."""
    if include and exclude:
        raise UsageError("keys are either included or excluded, not both")
    plain = _plain_dict(values)
    return {
        key: value
        for key, value in plain.items()
        if (not include or key in include) and (not exclude or key not in exclude)
    }


def _plain_dict(values: Any) -> dict[str, Any]:
    if values is None:
        return {}
    if isinstance(values, (str, os.PathLike)):
        return read_yaml(os.fspath(values))
    if isinstance(values, Mapping):
        return {str(key): value for key, value in values.items()}
    if hasattr(values, "flag_values_dict"):
        return dict(values.flag_values_dict())
    if hasattr(values, "keys") and hasattr(values, "__getitem__"):
        return {str(key): values[key] for key in values.keys()}
    try:
        return dict(vars(values))
    except TypeError:
        raise UsageError(f"a config is a dictionary or an argparse namespace, got {type(values).__name__}") from None


def read_yaml(path: str) -> dict[str, Any]:
    """Values of a YAML file; those in the form {"value": ..., "desc": ...} are unwrapped."""
    from barograph.yaml import load

    with open(path, encoding="utf-8") as file:
        loaded = load(file.read(), path)
    if not isinstance(loaded, dict):
        raise UsageError(f"the config file {path} holds no keys")
    return {
        str(key): value["value"] if isinstance(value, dict) and "value" in value else value
        for key, value in loaded.items()
        if key != "wandb_version"
    }


def friendly(value: Any) -> Any:
    """What is written of a config value: JSON, and str() for what is none."""
    from barograph.values import plain

    value = plain(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        return {str(key): friendly(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [friendly(each) for each in value]
    if hasattr(value, "_artifact_reference"):
        return value._artifact_reference()
    if hasattr(value, "__dataclass_fields__") and not isinstance(value, type):
        return {name: friendly(getattr(value, name)) for name in value.__dataclass_fields__}
    for method in ("item", "tolist"):
        if hasattr(value, method) and hasattr(value, "shape"):
            try:
                return friendly(getattr(value, method)())
            except (TypeError, ValueError, RuntimeError):
                continue
    if callable(value):
        return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', repr(value))}"
    return str(value)


class Config(MutableMapping[str, Any]):
    """The run's configuration. A value that was set is changed only where that is allowed."""

    def __init__(self, write: Callable[[dict[str, Any]], None] | None = None, allow_val_change: bool = False) -> None:
        own = self.__dict__
        own["_write"] = write
        own["_values"] = {}
        own["_locked"] = {}
        own["_allow_val_change"] = allow_val_change
        own["_use_artifact"] = None

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
            return self.__dict__["_values"][name]
        except KeyError:
            raise AttributeError(f"the config has no {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __repr__(self) -> str:
        return repr(self._values)

    def __getstate__(self) -> dict[str, Any]:
        return {"values": dict(self._values)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        Config.__init__(self)
        self._values.update(state["values"])

    def as_dict(self) -> dict[str, Any]:
        return dict(self._values)

    def persist(self) -> None:
        """Writes all of it again."""
        if self._write is not None and self._values:
            self._write({key: friendly(value) for key, value in self._values.items()})

    def update(self, d: Any = None, allow_val_change: bool | None = None, **more: Any) -> None:  # type: ignore[override]
        """Sets all or, when one of them may not change, nothing. Keys that a sweep chose stay as they are."""
        allows = self._allow_val_change if allow_val_change is None else allow_val_change
        new = {**as_dict(d), **more}
        self._check(new, allows)
        self._set({key: value for key, value in new.items() if key not in self._locked})

    def setdefaults(self, d: Any) -> None:
        """Sets what is not set yet."""
        self._set({key: value for key, value in as_dict(d).items() if key not in self._values})

    def update_locked(self, d: Mapping[str, Any], user: str | None = None) -> None:
        """Sets values that nobody but `user` changes from now on: a sweep's choice."""
        self._locked.update({key: user or "" for key in d})
        self._set(dict(d))

    def merge_locked(self, d: Mapping[str, Any]) -> None:
        """Sets those that are not locked."""
        self._set({key: value for key, value in d.items() if key not in self._locked})

    def _check(self, new: Mapping[str, Any], allows: bool) -> None:
        for key, value in new.items():
            if allows or key in self._locked or key not in self._values or _same(self._values[key], value):
                continue
            raise ConfigError(
                f"config key {key!r} is {self._values[key]!r} already; "
                "config.update(..., allow_val_change=True) changes it"
            )

    def _set(self, new: dict[str, Any]) -> None:
        for key, value in new.items():
            if self._use_artifact is not None and (hasattr(value, "_artifact_reference") or _is_artifact_reference(value)):
                new[key] = self._use_artifact(key, value)
        if new and self._write is not None:
            self._write({key: friendly(value) for key, value in new.items()})
        self._values.update(new)


class StaticConfig(Mapping[str, Any]):
    """A config as it was when it was asked for."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__["_values"] = dict(values)

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_values"][name]
        except KeyError:
            raise AttributeError(f"the config has no {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("a static config cannot be changed")

    def __repr__(self) -> str:
        return repr(self._values)


def _is_artifact_reference(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("wandb-artifact://")


def _same(old: Any, new: Any) -> bool:
    try:
        return type(old) is type(new) and bool(old == new or old is new)
    except Exception:  # Arrays and the like have no single answer; their text has.
        return repr(old) == repr(new)
