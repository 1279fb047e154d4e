"""metric.py - what define_metric answers."""

from __future__ import annotations

from typing import NamedTuple


class Metric(NamedTuple):
    """A metric as it was defined; it may stand wherever a step metric's name does."""

    name: str
    step_metric: str | None = None
    step_sync: bool | None = None
    hidden: bool | None = None
    summary: str | None = None
    goal: str | None = None
