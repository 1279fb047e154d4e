"""finder.py - answers imports of wandb and what is below it with modules of this package, or small ones made for it."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.metadata
import importlib.util
from types import ModuleType
from typing import Any, Iterable, Sequence

from barograph.compat.names import ABSENT, ALIASES, MADE, TOP_LEVEL, VERSION, why_absent

ROOT = "wandb"


class Wandb(ModuleType):
    """The module `wandb`: what barograph has, under the other name. Assignments reach barograph too."""

    _is_barograph = True
    __version__ = VERSION

    def __getattr__(self, name: str) -> Any:
        import barograph

        if name.startswith("__"):
            raise AttributeError(name)
        if f"{ROOT}.{name}" in _known():
            return importlib.import_module(f"{ROOT}.{name}")
        try:
            return getattr(barograph, name)
        except AttributeError:
            pass
        if name in TOP_LEVEL:
            module, attribute = TOP_LEVEL[name]
            return getattr(importlib.import_module(module), attribute)
        if f"{ROOT}.{name}" in ABSENT:
            raise AttributeError(why_absent(f"{ROOT}.{name}"))
        raise AttributeError(f"module 'wandb' (which is barograph here) has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        import barograph

        if name.startswith("__") or isinstance(value, ModuleType):
            super().__setattr__(name, value)
        else:
            setattr(barograph, name, value)

    def __dir__(self) -> list[str]:
        import barograph

        return sorted({*dir(barograph), *TOP_LEVEL})


def _known() -> set[str]:
    return {*ALIASES, *MADE}


class Loader:
    """Hands out the module that a name stands for."""

    def __init__(self, name: str) -> None:
        self.name = name

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        if self.name == ROOT:
            return Wandb(ROOT, "barograph under the name wandb")
        return ModuleType(self.name)

    def exec_module(self, module: ModuleType) -> None:
        if self.name == ROOT:
            return
        target = importlib.import_module(ALIASES[self.name]) if self.name in ALIASES else None
        # The same objects, in a module of its own: the alias has its own name and spec.
        content = vars(target) if target is not None else MADE[self.name]()
        module.__dict__.update({key: value for key, value in content.items() if not key.startswith("__")})

        def missing(name: str) -> Any:
            below = f"{self.name}.{name}"
            if below in _known():
                return importlib.import_module(below)
            if below in ABSENT:  # an AttributeError's words would be lost on the way to `from ... import`
                raise ModuleNotFoundError(why_absent(below), name=below)
            if target is not None:
                return getattr(target, name)
            raise AttributeError(f"module {self.name!r} has no attribute {name!r}")

        module.__dict__["__getattr__"] = missing


class Finder:
    """On sys.meta_path, before those that would find the other package."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != ROOT and not name.startswith(f"{ROOT}."):
            return None
        if name != ROOT and name not in _known():
            found = self._below(name)
            if found is None:
                raise ModuleNotFoundError(why_absent(name), name=name)
            ALIASES[name] = found
        return importlib.machinery.ModuleSpec(name, Loader(name), is_package=True)  # type: ignore[arg-type]

    @staticmethod
    def _below(name: str) -> str | None:
        """A module below an alias: wandb.apis.public.runs is barograph.apis.public.runs."""
        parent, _, last = name.rpartition(".")
        if parent not in ALIASES:
            return None
        target = f"{ALIASES[parent]}.{last}"
        try:
            return target if importlib.util.find_spec(target) is not None else None
        except ModuleNotFoundError:
            return None

    def find_distributions(self, context: Any = None) -> Iterable[importlib.metadata.Distribution]:
        """Frameworks ask which version of wandb is installed before they use it."""
        wanted = getattr(context, "name", None)
        return iter([Described()]) if wanted in (None, ROOT) else iter(())

    def invalidate_caches(self) -> None:
        return None


class Described(importlib.metadata.Distribution):
    """What importlib.metadata is told."""

    def read_text(self, filename: str) -> str | None:
        if filename != "METADATA":
            return None
        return f"Metadata-Version: 2.1\nName: {ROOT}\nVersion: {VERSION}\nSummary: barograph under the name wandb\n"

    def locate_file(self, path: Any) -> Any:
        raise FileNotFoundError(path)

