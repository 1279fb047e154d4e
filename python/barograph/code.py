"""code.py - keeping the script with its run."""

from __future__ import annotations

import os
import shutil
from typing import Any

from barograph.facts import program


def save_script(run: Any) -> None:
    """Copies the program's file to code/ in the run's folder and has it sent."""
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
