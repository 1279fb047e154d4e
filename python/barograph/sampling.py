"""sampling.py - the documented distributions of a sweep's parameters, drawn from here; the server has its own."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any, Callable, Iterator, Mapping

from barograph.errors import UsageError

Spec = Mapping[str, Any]


def _uniform(spec: Spec) -> float:
    return random.uniform(spec["min"], spec["max"])


def _log_uniform_values(spec: Spec) -> float:
    return math.exp(random.uniform(math.log(spec["min"]), math.log(spec["max"])))


_CONTINUOUS: dict[str, Callable[[Spec], float]] = {
    "uniform": _uniform,
    "log_uniform": lambda spec: math.exp(_uniform(spec)),
    "log_uniform_values": _log_uniform_values,
    # It is the logarithm of 1/X that is uniform: between the values themselves that is the same.
    "inv_log_uniform": lambda spec: math.exp(-_uniform(spec)),
    "inv_log_uniform_values": _log_uniform_values,
    "normal": lambda spec: random.gauss(spec.get("mu", 0), spec.get("sigma", 1)),
    "log_normal": lambda spec: math.exp(random.gauss(spec.get("mu", 0), spec.get("sigma", 1))),
    "beta": lambda spec: random.betavariate(spec.get("a", 1), spec.get("b", 1)),
}


def _distribution_of(spec: Spec) -> str:
    """As it is named, or as the keys tell."""
    if "distribution" in spec:
        return str(spec["distribution"])
    if "min" in spec and "max" in spec:
        return "int_uniform" if isinstance(spec["min"], int) and isinstance(spec["max"], int) else "uniform"
    return "normal" if "mu" in spec or "sigma" in spec else "nothing"


def draw(name: str, spec: Spec) -> Any:
    """A value of the parameter; of parameters inside it, one of each."""
    if "parameters" in spec:
        return {inner: draw(f"{name}.{inner}", of) for inner, of in spec["parameters"].items()}
    if "value" in spec:
        return spec["value"]
    if "values" in spec:
        return random.choices(spec["values"], spec.get("probabilities"))[0]
    distribution = _distribution_of(spec)
    if distribution == "int_uniform":
        return random.randint(spec["min"], spec["max"])
    is_rounded = distribution.startswith("q_")
    make = _CONTINUOUS.get(distribution[2:] if is_rounded else distribution)
    if make is None:
        raise UsageError(f"the parameter {name!r} has neither value, values nor a distribution that is known, got {dict(spec)!r}")
    try:
        value = make(spec)
    except (KeyError, ValueError) as error:
        raise UsageError(f"the parameter {name!r} of distribution {distribution} lacks something, or is empty: {error}") from None
    if not is_rounded:
        return value
    q = spec.get("q", 1)
    rounded = round(value / q) * q
    return int(rounded) if isinstance(q, int) else rounded


def _choices(name: str, spec: Spec) -> list[Any]:
    if "parameters" in spec:
        return list(grid(spec["parameters"], f"{name}."))
    if "value" in spec:
        return [spec["value"]]
    if "values" in spec:
        return list(spec["values"])
    if _distribution_of(spec) == "int_uniform":
        return list(range(spec["min"], spec["max"] + 1))
    raise UsageError(f"a grid needs the values of {name!r}")


def grid(parameters: Mapping[str, Spec], where: str = "") -> Iterator[dict[str, Any]]:
    """Every combination, the last parameter's values changing first."""
    choices = [_choices(where + name, spec) for name, spec in parameters.items()]
    for point in itertools.product(*choices):
        yield dict(zip(parameters, point))
