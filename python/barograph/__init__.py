"""Barograph tracks machine-learning experiments: `run = barograph.init()`, `run.log({...})`, `run.finish()`."""

from __future__ import annotations

from barograph.errors import AuthenticationError, CommError, Error, UsageError
from barograph.run import Run
from barograph.settings import Settings

run: Run | None = None

from barograph.sdk import define_metric, finish, init, log, login  # noqa: E402

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """barograph.config and barograph.summary are those of the current run."""
    if name in ("config", "summary") and run is not None:
        return getattr(run, name)
    raise AttributeError(f"module 'barograph' has no attribute {name!r}")


__all__ = [
    "AuthenticationError",
    "CommError",
    "Error",
    "Run",
    "Settings",
    "UsageError",
    "define_metric",
    "finish",
    "init",
    "log",
    "login",
    "run",
]
