"""sitecustomize.py - Python runs it at its start when run_script has put its folder on the path."""

import importlib.machinery
import importlib.util
import os
import sys

_here = os.path.dirname(os.path.abspath(__file__))


def _run_the_others() -> None:
    """The sitecustomize that would have run without ours."""
    others = [place for place in sys.path if os.path.abspath(place or ".") != _here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


_run_the_others()
try:
    from barograph.compat import as_wandb
except ImportError:  # another Python, without this package
    pass
else:
    as_wandb()
