"""compat: makes `import wandb` of other people's code resolve to this package.

as_wandb() is called before that code is imported; run_script does it for a whole program.
"""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from typing import Sequence

from barograph.compat.finder import Finder

SITE = str(Path(__file__).parent / "site")


def as_wandb() -> None:
    """From here on `import wandb` means this package. RuntimeError when the other one was imported before."""
    loaded = sys.modules.get("wandb")
    if loaded is not None and not getattr(loaded, "_is_barograph", False):
        raise RuntimeError("wandb was imported already; call barograph.as_wandb() before whatever imports it")
    if not any(isinstance(each, Finder) for each in sys.meta_path):
        sys.meta_path.insert(0, Finder())


def run_script(arguments: Sequence[str]) -> None:
    """Runs a program, ["train.py", ...] or ["-m", "module", ...], with `import wandb` meaning this package.

    Python programs that it starts, workers and launchers' ranks, are treated likewise.
    """
    if not arguments or (arguments[0] == "-m" and len(arguments) < 2):
        raise ValueError("a script, or -m and a module, is needed")
    as_wandb()
    before = os.environ.get("PYTHONPATH")
    package = str(Path(__file__).parent.parent.parent)
    os.environ["PYTHONPATH"] = os.pathsep.join([SITE, package, *([before] if before else [])])
    if arguments[0] == "-m":
        sys.argv = list(arguments[1:])
        sys.path.insert(0, os.getcwd())
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = list(arguments)
        sys.path.insert(0, os.path.dirname(os.path.abspath(arguments[0])))
        runpy.run_path(arguments[0], run_name="__main__")
