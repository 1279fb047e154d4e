"""kinds.py - what a table's columns hold: kinds that are inferred from values, grow with them, and refuse others.

A kind is a name and parameters; `take(value)` answers the kind that also covers the value, or None. They are written
beside a table's rows as {"wb_type": name, "params": {...}}, which readers of tables rely on, so names, parameters and
the order inside unions are part of the format.
"""

from __future__ import annotations

import datetime
import math
from typing import TYPE_CHECKING, Any, Callable, ClassVar, Iterable, Sequence

from barograph.util import is_numpy_array

if TYPE_CHECKING:
    from barograph.artifacts.artifact import Artifact

_by_name: dict[str, type[Kind]] = {}
_by_class: dict[type, Callable[[Any], Kind]] = {}
_NUMPY_BY_LETTER = {"i": "number", "u": "number", "f": "number", "c": "number", "b": "boolean", "M": "timestamp"}


def register(*names: str, classes: Iterable[type] = ()) -> Callable[[type[Kind]], type[Kind]]:
    """The first name is the one that is written, others are read."""

    def note(kind: type[Kind]) -> type[Kind]:
        kind.name = names[0]
        _by_name.update((name, kind) for name in names)
        _by_class.update((each, kind.of) for each in classes)
        return kind

    return note


class Kind:
    """The base, and at the same time a kind without parameters: it takes its like."""

    name: ClassVar[str] = ""

    def __init__(self, **params: Any) -> None:
        self.params = params

    @classmethod
    def of(cls, value: Any) -> Kind:
        """The kind of one value."""
        return cls()

    def take(self, value: Any) -> Kind | None:
        """The kind that covers what this one does, and the value; None when there is none."""
        return self.join(kind_of(value))

    def join(self, other: Kind) -> Kind | None:
        """The kind that covers both; None when there is none."""
        return self if self == other else None

    def to_json(self, artifact: Artifact | None = None) -> dict[str, Any]:
        told: dict[str, Any] = {"wb_type": self.name}
        if self.params:
            told["params"] = _params_out(self.params, artifact)
        return told

    @classmethod
    def from_json(cls, told: dict[str, Any], artifact: Artifact | None = None) -> Kind:
        return cls(**_params_in(told.get("params") or {}, artifact))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kind) and self.name == other.name and self.params == other.params

    def __hash__(self) -> int:
        return hash(str(self))

    def __str__(self) -> str:
        """Unions are ordered by this text."""
        inside = ", ".join(f"{key}:{value}" for key, value in self.params.items())
        return self.name.capitalize() + (f"({inside})" if inside else "")

    __repr__ = __str__


def _params_out(value: Any, artifact: Artifact | None) -> Any:
    if isinstance(value, Kind):
        return value.to_json(artifact)
    if isinstance(value, dict):
        return {key: _params_out(item, artifact) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_params_out(item, artifact) for item in value]
    return value


def _params_in(value: Any, artifact: Artifact | None) -> Any:
    if isinstance(value, dict):
        if "wb_type" in value:
            return kind_from_json(value, artifact)
        return {key: _params_in(item, artifact) for key, item in value.items()}
    return [_params_in(item, artifact) for item in value] if isinstance(value, list) else value


def kind_from_json(told: dict[str, Any], artifact: Artifact | None = None) -> Kind:
    kind = _by_name.get(told["wb_type"])
    if kind is None:
        raise TypeError(f"a table has a column of the unknown kind {told['wb_type']!r}")
    return kind.from_json(told, artifact)


def kind_of(value: Any) -> Kind:
    """The narrowest kind of a value."""
    if type(value) is float:
        return NoneKind() if math.isnan(value) else NumberKind()
    if isinstance(value, str) and value.startswith("wandb-artifact://"):
        return ArtifactVersionKind()
    if isinstance(value, dict) and value.get("_type") == "artifactVersion":
        return ArtifactVersionKind()
    maker = _by_class.get(type(value))
    if maker is not None:
        return maker(value)
    if is_numpy_array(value):
        return NDArrayKind.of(value)
    letter = getattr(getattr(value, "dtype", None), "kind", None)
    if letter in _NUMPY_BY_LETTER and getattr(value, "shape", None) == ():
        return _by_name[_NUMPY_BY_LETTER[letter]]()
    return ObjectKind.of(value)


def kind_from(asked: Any) -> Kind:
    """The kind that a caller means: a kind, a Python type, a list or dictionary of them, or a constant."""
    if isinstance(asked, Kind):
        return asked
    if isinstance(asked, type):
        if issubclass(asked, Kind):
            return asked()
        for name, kind in _by_name.items():
            if _by_class.get(asked) == kind.of and name == kind.name:
                return kind()
        letter = getattr(getattr(asked, "dtype", None), "kind", None)
        if letter is None and asked.__module__ == "numpy":
            import numpy

            letter = numpy.dtype(asked).kind
        return _by_name[_NUMPY_BY_LETTER[letter]]() if letter in _NUMPY_BY_LETTER else ObjectKind.of(asked)
    if isinstance(asked, list):
        if len(asked) > 1:
            return UnionKind([kind_from(each) for each in asked])
        return ListKind(kind_from(asked[0])) if asked else ListKind()
    if isinstance(asked, dict):
        return DictKind({key: kind_from(value) for key, value in asked.items()})
    return ConstKind(asked)


@register("invalid")
class InvalidKind(Kind):
    """Nothing fits."""

    def join(self, other: Kind) -> Kind | None:
        return None


@register("none", classes=[type(None)])
class NoneKind(Kind):
    """No value."""


@register("any")
class AnyKind(Kind):
    """Everything but nothing."""

    def join(self, other: Kind) -> Kind | None:
        return None if isinstance(other, (NoneKind, InvalidKind)) else self


@register("unknown")
class UnknownKind(Kind):
    """Not known yet: it becomes the first kind that it meets."""

    def join(self, other: Kind) -> Kind | None:
        return None if isinstance(other, (NoneKind, InvalidKind)) else other


@register("string", classes=[str])
class StringKind(Kind):
    """Text."""


@register("number", classes=[int, float])
class NumberKind(Kind):
    """Any number, numpy's included."""


@register("timestamp", classes=[datetime.datetime, datetime.date])
class TimestampKind(Kind):
    """A date, or a moment; written as milliseconds since 1970."""


@register("boolean", classes=[bool])
class BooleanKind(Kind):
    """True or false."""


@register("artifactVersion")
class ArtifactVersionKind(Kind):
    """An artifact, or its address."""


@register("pythonObject", "object")
class ObjectKind(Kind):
    """Anything else, by its class's name."""

    def __init__(self, class_name: str = "object") -> None:
        super().__init__(class_name=class_name)

    @classmethod
    def of(cls, value: Any) -> Kind:
        return cls(type(value).__name__)


@register("const")
class ConstKind(Kind):
    """One value, or a set of values."""

    def __init__(self, val: Any = None, is_set: bool | None = False) -> None:
        is_set = bool(is_set) or isinstance(val, (set, frozenset))
        super().__init__(val=set(val) if is_set else val, is_set=is_set)

    @classmethod
    def of(cls, value: Any) -> Kind:
        return cls(value)

    def take(self, value: Any) -> Kind | None:
        return self.join(ConstKind(value))

    def __str__(self) -> str:
        return str(self.params["val"])

    __repr__ = __str__


@register("union")
class UnionKind(Kind):
    """One of several kinds."""

    def __init__(self, allowed_types: Sequence[Any] = ()) -> None:
        flat: list[Kind] = []
        for each in allowed_types:
            kind = kind_from(each)
            flat.extend(kind.params["allowed_types"] if isinstance(kind, UnionKind) else [kind])
        super().__init__(allowed_types=sorted(flat, key=str))

    def take(self, value: Any) -> Kind | None:
        return self._with(lambda kind: kind.take(value))

    def join(self, other: Kind) -> Kind | None:
        wanted = other.params["allowed_types"] if isinstance(other, UnionKind) else [other]
        union: UnionKind | None = self
        for each in wanted:
            union = union._with(lambda kind, each=each: kind.join(each)) if union is not None else None  # type: ignore[misc]
        return union

    def _with(self, step: Callable[[Kind], Kind | None]) -> UnionKind | None:
        """Known members are asked first; an unknown one takes what none of them does."""
        members: list[Kind] = self.params["allowed_types"]
        order = sorted(range(len(members)), key=lambda i: isinstance(members[i], UnknownKind))
        for i in order:
            grown = step(members[i])
            if grown is not None:
                return UnionKind([*members[:i], grown, *members[i + 1 :]])
        return None

    def __str__(self) -> str:
        return " or ".join(str(kind) for kind in self.params["allowed_types"])

    __repr__ = __str__


def optional(kind: Any) -> Kind:
    return UnionKind([kind, NoneKind()])


@register("list", classes=[list, tuple, set, frozenset])
class ListKind(Kind):
    """A list of one kind; its length while all are equally long."""

    def __init__(self, element_type: Any = None, length: int | None = None) -> None:
        super().__init__(element_type=UnknownKind() if element_type is None else kind_from(element_type), length=length)

    @classmethod
    def of(cls, value: Any) -> Kind:
        items = value.tolist() if hasattr(value, "tolist") else list(value)
        element: Kind = optional(UnknownKind()) if any(item is None for item in items) else UnknownKind()
        for item in items:
            grown = element.take(item)
            if grown is None:
                return cls(InvalidKind(), len(items))
            element = grown
        return cls(element, len(items))

    def take(self, value: Any) -> Kind | None:
        if not hasattr(value, "__iter__") or isinstance(value, (str, bytes)):
            return None
        items, element = list(value), self.params["element_type"]
        for item in items:
            element = element.take(item)
            if element is None:
                return None
        return ListKind(element, len(items))

    def join(self, other: Kind) -> Kind | None:
        if not isinstance(other, ListKind):
            return None
        element = self.params["element_type"].join(other.params["element_type"])
        is_same = self.params["length"] == other.params["length"]
        return None if element is None else ListKind(element, self.params["length"] if is_same else None)

    def __str__(self) -> str:
        return f"{self.params['element_type']}[]"

    __repr__ = __str__


@register("ndarray")
class NDArrayKind(Kind):
    """Arrays of one shape. Large ones lie in a file of their own, beside the table."""

    def __init__(self, shape: Sequence[int] = (), serialization_path: dict[str, str] | None = None) -> None:
        super().__init__(shape=list(shape))
        self.file: dict[str, str] | None = serialization_path

    @classmethod
    def of(cls, value: Any) -> Kind:
        if is_numpy_array(value):
            return cls(value.shape)
        shape = []
        while isinstance(value, list):
            shape.append(len(value))
            value = value[0] if value else None
        return cls(shape)

    def take(self, value: Any) -> Kind | None:
        return self.join(NDArrayKind.of(value)) if is_numpy_array(value) or isinstance(value, list) else None

    def join(self, other: Kind) -> Kind | None:
        is_like = isinstance(other, ListKind) or (isinstance(other, NDArrayKind) and other.params == self.params)
        return self if is_like else None

    def to_json(self, artifact: Artifact | None = None) -> dict[str, Any]:
        return {"wb_type": self.name, "params": {"shape": self.params["shape"], "serialization_path": self.file}}


@register("typedDict", "dictionary", classes=[dict])
class DictKind(Kind):
    """A dictionary with known keys, each of a kind."""

    def __init__(self, type_map: dict[Any, Any] | None = None) -> None:
        super().__init__(type_map={key: kind_from(kind) for key, kind in (type_map or {}).items()})

    @classmethod
    def of(cls, value: Any) -> Kind:
        return cls({key: kind_of(item) for key, item in value.items()})

    def take(self, value: Any) -> Kind | None:
        kinds: dict[Any, Kind] = self.params["type_map"]
        if not isinstance(value, dict) or value.keys() - kinds.keys():
            return None
        return self._grown({key: kind.take(value.get(key)) for key, kind in kinds.items()})

    def join(self, other: Kind) -> Kind | None:
        kinds: dict[Any, Kind] = self.params["type_map"]
        if not isinstance(other, DictKind) or other.params["type_map"].keys() - kinds.keys():
            return None
        theirs = other.params["type_map"]
        return self._grown({key: kind.join(theirs.get(key, UnknownKind())) for key, kind in kinds.items()})

    @staticmethod
    def _grown(kinds: dict[Any, Kind | None]) -> Kind | None:
        return None if None in kinds.values() else DictKind(kinds)

    def __str__(self) -> str:
        return str(self.params["type_map"])

    __repr__ = __str__


def media_kind(name: str, *classes: type) -> type[Kind]:
    """A kind for values of those classes, without parameters."""
    return register(name, classes=classes)(type(f"_{name}", (Kind,), {"__doc__": f"{name} values."}))
