"""facts.py - what the training process alone knows of itself: its program, its arguments, where its packages are."""

from __future__ import annotations

import os
import re
import sys
from typing import Any

from barograph.protobuf import message, text, time_field
from barograph.settings import Settings

_SECRET = re.compile(r"(api[-_]?key|token|secret|password|passwd|credential)", re.IGNORECASE)
_RANKS = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "NODE_RANK", "MASTER_ADDR")
_SLURM = "SLURM_"
_ENVIRONMENT_RECORD = 26


def program(settings: Settings) -> str | None:
    """The script's path; None in an interactive session."""
    if settings.program:
        return settings.program
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    if spec is not None and spec.name and not spec.name.startswith("__"):
        return f"-m {spec.name.removesuffix('.__main__') if hasattr(str, 'removesuffix') else spec.name}"
    path = getattr(main, "__file__", None)
    return path if isinstance(path, str) else None


def arguments() -> list[str]:
    """The command line, values of secrets masked."""
    masked, masks_next = [], False
    for each in sys.argv[1:]:
        name, has_value, _ = each.partition("=")
        is_secret = bool(_SECRET.search(name)) and name.startswith("-")
        masked.append("***" if masks_next else f"{name}=***" if is_secret and has_value else each)
        masks_next = is_secret and not has_value and not masks_next
    return masked


def _slurm() -> list[bytes]:
    """Slurm's job and, beside it, the ranks of torchrun."""
    entries = []
    for name, value in sorted(os.environ.items()):
        if name.startswith(_SLURM) and not _SECRET.search(name):
            entries.append((name[len(_SLURM) :].lower(), value))
        elif name in _RANKS:
            entries.append((name.lower(), value))
    return [message(27, text(1, name) + text(2, value)) for name, value in entries]


def environment_record(settings: Settings, start_time: float) -> bytes:
    """An environment record's bytes, as far as this process knows it; the sender adds the machine."""
    path = program(settings)
    absolute = os.path.abspath(path) if path and not path.startswith("-m ") else None
    parts = [
        text(2, f"{sys.implementation.name.replace('cpython', 'CPython')} {'.'.join(map(str, sys.version_info[:3]))}"),
        time_field(3, start_time),
        *(text(5, each) for each in arguments()),
        text(10, settings.email),
        text(11, os.getcwd()),
        text(14, settings.x_executable or sys.executable),
    ]
    if not settings.x_disable_machine_info:
        parts += [text(12, settings.host or os.uname().nodename), text(13, settings.username or _user()), *_slurm()]
    if settings.docker:
        parts.append(text(4, settings.docker))
    if absolute and not settings.disable_code:
        parts += [text(6, absolute), text(7, os.path.relpath(absolute)), text(8, os.path.relpath(absolute))]
    elif path:
        parts.append(text(6, path))
    return message(_ENVIRONMENT_RECORD, b"".join(parts))


def _user() -> str | None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        if os.environ.get(name):
            return os.environ[name]
    return None


def package_folders() -> list[str]:
    """Where installed packages lie: the sender lists them."""
    return [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]


def jupyter() -> Any:
    """The running IPython shell of a notebook, or None."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    return shell if shell is not None and hasattr(shell, "kernel") else None
