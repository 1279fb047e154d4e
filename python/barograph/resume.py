"""resume.py - going on with an earlier run: what the caller wrote, and what this folder remembers."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import Any, NamedTuple

from barograph.errors import UsageError
from barograph.settings import Settings, variable

REMEMBERED = "wandb-resume.json"


class RunMoment(NamedTuple):
    """A run at one of its steps."""

    run: str
    step: int

    @staticmethod
    def from_text(text: Any) -> RunMoment:
        """"RUN?_step=N"; UsageError for anything else."""
        if isinstance(text, RunMoment):
            return text
        match = re.fullmatch(r"([^?/]+)\?_step=(\d+)", str(text))
        if match is None:
            raise UsageError(f"a moment of a run is written RUN?_step=N, got {text!r}")
        return RunMoment(match.group(1), int(match.group(2)))


def prepare(settings: Settings) -> None:
    """Turns what was said about resuming into one of allow, must, never, a rewind or a fork."""
    take_assignment(settings)
    said = [name for name in ("resume", "resume_from", "fork_from") if getattr(settings, name)]
    if len(said) > 1:
        raise UsageError(f"only one of {' and '.join(said)} can be had")
    if settings.resume_from:
        settings.resume_from = RunMoment.from_text(settings.resume_from)
        if settings.run_id not in (None, settings.resume_from.run):
            raise UsageError(f"resume_from names the run {settings.resume_from.run}, id names {settings.run_id}")
        settings.run_id = settings.resume_from.run
    if settings.fork_from:
        settings.fork_from = RunMoment.from_text(settings.fork_from)
        if settings.run_id == settings.fork_from.run:
            raise UsageError("a fork has an id of its own, not its origin's")
    if settings.resume in ("must",) and settings.run_id is None:
        raise UsageError("resume='must' needs the run's id")
    if settings.resume == "auto":
        settings.resume = "allow"
        if settings.run_id is None:
            settings.run_id = _remembered(settings)


def _path(settings: Settings) -> str:
    return os.path.join(settings.wandb_dir, REMEMBERED)


def _remembered(settings: Settings) -> str | None:
    try:
        with open(_path(settings), encoding="utf-8") as file:
            run_id = json.load(file).get("run_id")
    except (OSError, ValueError, AttributeError):
        return None
    return run_id if isinstance(run_id, str) else None


def remember(run: Any) -> None:
    """With resume="allow" and "auto": the id, until the run has ended well."""
    settings = run._settings
    if settings.resume != "allow":
        return
    path = _path(settings)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"run_id": run.id}, file)


def forget(run: Any) -> None:
    """The run ended well: the next one is a new one."""
    if run._settings.resume == "allow" and _remembered(run._settings) == run.id:
        try:
            os.remove(_path(run._settings))
        except OSError:
            pass


def sweep_parameters(settings: Settings) -> dict[str, Any]:
    """What the sweep's agent chose for this run: in a file, or handed over within the process."""
    sweeps = sys.modules.get("barograph.sweeps")
    assignment = sweeps.current if sweeps is not None else None
    if assignment is not None:
        parameters: dict[str, Any] = assignment.parameters
        return parameters
    path = settings.sweep_param_path or variable("SWEEP_PARAM_PATH")
    if not path or not settings.sweep_id:
        return {}
    from barograph.config import read_yaml

    return read_yaml(path)


def take_assignment(settings: Settings) -> None:
    """A run that a sweep's agent asked for has that one's id and place, whatever the script says."""
    sweeps = sys.modules.get("barograph.sweeps")
    assignment = sweeps.current if sweeps is not None else None
    if assignment is None:
        return
    settings.run_id, settings.sweep_id = assignment.run_id, assignment.sweep_id
    settings.entity = assignment.entity or settings.entity
    settings.project = assignment.project or settings.project
