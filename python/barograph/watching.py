"""watching.py - watch: gradients, parameters and the graph of torch modules, recorded as they train.

Torch is the caller's; nothing here is imported before a module is watched.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, Sequence

from barograph.util import need

if TYPE_CHECKING:
    from barograph.run import Run

WHAT = ("gradients", "parameters", "all", None)
BINS = 64
_CONTAINERS = ("Container", "Sequential", "ModuleList", "ModuleDict")


class _Watch:
    """The hooks of one run: by name, and which names a module has."""

    def __init__(self, run: Run) -> None:
        self.run = weakref.proxy(run)
        self.count = 0
        self.hooks: dict[str, Any] = {}
        self.names: weakref.WeakKeyDictionary[Any, list[str]] = weakref.WeakKeyDictionary()

    def add(self, module: Any, name: str, handle: Any) -> None:
        self.hooks[name] = handle
        self.names.setdefault(module, []).append(name)

    def remove(self, names: Sequence[str]) -> None:
        for name in names:
            handle = self.hooks.pop(name, None)
            if handle is not None:
                handle.remove()

    def log(self, name: str, tensor: Any) -> None:
        histogram = histogram_of(tensor)
        if histogram is not None:
            self.run.log({name: histogram}, commit=False)


class _Every:
    """True each nth time."""

    def __init__(self, frequency: int) -> None:
        self.frequency, self.count = max(1, frequency), 0

    def __call__(self) -> bool:
        self.count = (self.count + 1) % self.frequency
        return self.count == 0


def _watch_of(run: Run) -> _Watch:
    found: _Watch = run.__dict__.setdefault("_watch", None) or _Watch(run)
    run.__dict__["_watch"] = found
    return found


def watch(
    run: Run,
    models: Any,
    criterion: Any = None,
    log: str | None = "gradients",
    log_freq: int = 1000,
    idx: int | None = None,
    log_graph: bool = False,
) -> list[Any]:
    """Hooks that log a module's gradients or parameters as histograms each log_freq batches. Answers the graphs."""
    if log not in WHAT:
        raise ValueError(f"log is one of gradients, parameters, all or None, got {log!r}")
    torch = need("torch", "watch")
    listed = list(models) if isinstance(models, (list, tuple)) else [models]
    for model in listed:
        if not isinstance(model, torch.nn.Module):
            raise TypeError(f"watch takes torch modules, got {type(model).__name__}")
    watched, graphs = _watch_of(run), []
    first = watched.count if idx is None else idx
    for number, model in enumerate(listed, first):
        watched.count += 1
        prefix = f"graph_{number}" if number > 0 else ""
        if log in ("parameters", "all"):
            _watch_parameters(watched, model, prefix, log_freq)
        if log in ("gradients", "all"):
            _watch_gradients(watched, model, prefix, log_freq)
        if log_graph:
            graphs.append(_watch_graph(watched, model, criterion, number))
    return graphs


def unwatch(run: Run, models: Any = None) -> None:
    """Takes the hooks off again, off all modules unless some are named."""
    watched = _watch_of(run)
    if models is None:
        watched.remove(list(watched.hooks))
        watched.names.clear()
        return
    for model in models if isinstance(models, (list, tuple)) else [models]:
        if model not in watched.names:
            raise ValueError(f"this {type(model).__name__} is not watched")
        watched.remove(watched.names.pop(model))


def _watch_parameters(watched: _Watch, model: Any, prefix: str, frequency: int) -> None:
    is_due = _Every(frequency)

    def after_forward(module: Any, inputs: Any, output: Any) -> None:
        if is_due():
            for name, parameter in module.named_parameters():
                watched.log(f"parameters/{prefix}{name}", parameter.data)

    name = f"parameters/{prefix}"
    watched.remove([name])
    watched.add(model, name, model.register_forward_hook(after_forward))


def _watch_gradients(watched: _Watch, model: Any, prefix: str, frequency: int) -> None:
    for parameter_name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        name = f"gradients/{prefix}{parameter_name}"
        if name in watched.hooks:
            raise ValueError(f"{name} is watched already; unwatch the model first, or pass another idx")
        is_due = _Every(frequency)

        def after_backward(gradient: Any, name: str = name, is_due: _Every = is_due) -> None:
            if is_due():
                watched.log(name, gradient.data)

        watched.add(model, name, parameter.register_hook(after_backward))


def histogram_of(tensor: Any) -> Any:
    """A histogram of the finite values; None when there are none. Zeros that a sparse tensor leaves out count."""
    import torch

    from barograph.data_types import Histogram

    zeros = 0
    tensor = tensor.detach()
    if tensor.is_sparse:
        tensor = tensor.coalesce()
        zeros = tensor.numel() - tensor._values().numel()
        tensor = tensor._values()
    flat = tensor.reshape(-1).cpu().to(torch.float32 if tensor.dtype != torch.float64 else torch.float64)
    flat = flat[torch.isfinite(flat)]
    if not flat.numel():
        return None
    low, high = flat.min().item(), flat.max().item()
    if zeros:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        return Histogram(np_histogram=([float(flat.numel() + zeros)], [low, high]))
    counts = flat.histc(bins=BINS, min=low, max=high).tolist()
    edges = torch.linspace(low, high, steps=BINS + 1).tolist()
    if zeros:
        counts[next(i for i in range(BINS) if edges[i + 1] > 0 or i == BINS - 1)] += zeros
    return Histogram(np_histogram=(counts, edges))


# ---- the graph ----


def _watch_graph(watched: _Watch, model: Any, criterion: Any, number: int) -> Any:
    """A graph of the leaf modules in the order they are called; it is logged once all were."""
    from barograph.data_types import Graph

    graph = Graph("torch")
    graph.criterion, graph.criterion_passed = criterion, criterion is not None
    leaves = dict(_leaves(model, ""))
    waiting = set(leaves)

    for name, module in leaves.items():

        def after_forward(module: Any, inputs: Any, output: Any, name: str = name) -> None:
            if name not in waiting:
                return
            waiting.discard(name)
            _add_layer(graph, module, name, output)
            watched.remove([f"topology/{number}/{name}"])
            if not waiting:
                watched.run.summary.update({f"graph_{number}": graph})

        watched.add(model, f"topology/{number}/{name}", module.register_forward_hook(after_forward))
    return graph


def _leaves(module: Any, prefix: str) -> Any:
    """Children, and what containers among them hold."""
    import torch

    containers = tuple(getattr(torch.nn, name) for name in _CONTAINERS if hasattr(torch.nn, name))
    for name, child in module.named_children():
        if isinstance(child, containers):
            yield from _leaves(child, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", child


def _add_layer(graph: Any, module: Any, name: str, output: Any) -> None:
    parameters = [(each, list(parameter.size())) for each, parameter in module.named_parameters()]
    counts = []
    for _, size in parameters:
        count = 1
        for length in size:
            count *= length
        counts.append(count)
    outputs = output if isinstance(output, tuple) else (output,)
    graph.add_node(
        id=id(module),
        name=name,
        class_name=str(module),
        output_shape=_shape(outputs),
        parameters=parameters,
        num_parameters=counts,
    )
    if not graph.criterion_passed and hasattr(outputs[0], "grad_fn"):
        graph.criterion = outputs[0].grad_fn


def _shape(value: Any, depth: int = 0) -> Any:
    """Sizes of tensors, in lists as they came."""
    if hasattr(value, "size") and callable(value.size):
        return list(value.size())
    if isinstance(value, (list, tuple)) and depth < 8:
        return [_shape(each, depth + 1) for each in value]
    return []
