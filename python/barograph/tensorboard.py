"""tensorboard.py - what a script writes for TensorBoard goes to its run as well.

The writers of torch.utils.tensorboard and of tensorboardX hand each event to one method; that method is stood before.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from types import ModuleType
from typing import Any, Callable, Sequence

_WRITERS = ("torch.utils.tensorboard.writer", "tensorboardX.writer")
_originals: dict[str, tuple[Any, Callable[..., Any]]] = {}


def sync(run: Any = None) -> None:
    """Records the events of all writers from now on, of modules imported later too; the current run's by default."""
    for name in _WRITERS:
        if name in sys.modules:
            _patch(sys.modules[name], run)
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder(run))


def unpatch() -> None:
    """Leaves the writers alone again."""
    for writer, original in _originals.values():
        writer.add_event = original
    _originals.clear()
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Finder)]


def _patch(module: ModuleType, run: Any) -> None:
    writer = getattr(module, "FileWriter", None)
    if writer is None or module.__name__ in _originals:
        return
    original = writer.add_event
    _originals[module.__name__] = (writer, original)

    def add_event(self: Any, event: Any, step: Any = None, walltime: Any = None) -> Any:
        answer = original(self, event, step, walltime)
        _take(run, event, step)
        return answer

    writer.add_event = add_event


def _take(run: Any, event: Any, step: Any) -> None:
    import barograph

    target = run or barograph.run
    if target is None or target._is_finished:
        return
    row = {value.tag: _value(value) for value in event.summary.value if _value(value) is not None}
    if row:
        # The events' own step is an axis: several writers count on their own.
        target.log({**row, "global_step": int(step or 0)})


def _value(value: Any) -> Any:
    """A scalar or a histogram; None for what is shown in TensorBoard only."""
    kind = value.WhichOneof("value")
    if kind == "simple_value":
        return float(value.simple_value)
    if kind == "tensor" and len(value.tensor.float_val) == 1:
        return float(value.tensor.float_val[0])
    if kind == "histo" and len(value.histo.bucket) > 1:
        from barograph.data_types import Histogram

        limits = list(value.histo.bucket_limit)
        return Histogram(np_histogram=(list(value.histo.bucket)[1:], limits))
    return None


class _Finder(importlib.abc.MetaPathFinder):
    """Patches a writer's module when it is imported."""

    def __init__(self, run: Any) -> None:
        self._run = run

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in _WRITERS:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return None
        loader, run = spec.loader, self._run
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            _patch(module, run)

        loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec
