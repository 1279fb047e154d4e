"""code.py - keeping code with its run: the script, and what of a folder counts as code."""

from __future__ import annotations

import os
from typing import Any


def is_code(path: str) -> bool:
    """Python files, requirements and Dockerfiles: what log_code takes unless it is told otherwise."""
    name = os.path.basename(path)
    is_requirements = name.startswith("requirements") and name.endswith(".txt")
    return name.endswith(".py") or is_requirements or name.startswith("Dockerfile")


def is_a_runs(path: str, root: str) -> bool:
    """Files of runs, which log_code leaves out unless it is told otherwise."""
    return os.path.relpath(path, root).split(os.sep)[0] in ("wandb", ".wandb")


def save_script(run: Any) -> None:
    """Copies the program's file to code/ in the run's folder and has it sent."""
    import shutil

    from barograph.facts import program

    path = program(run._settings)
    if path is None or path.startswith("-m ") or run._settings.disable_code or not os.path.isfile(path):
        return
    relative = os.path.relpath(path)
    if relative.startswith(".."):
        relative = os.path.basename(path)
    place = os.path.join(run.dir, "code", relative)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    shutil.copyfile(path, place)
    run._save_file(os.path.join("code", relative), "now")
