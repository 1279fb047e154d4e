"""profiler.py - traces of torch's profiler among a run's files."""

from __future__ import annotations

import os
from typing import Any, Callable

from barograph.integration.common import current_run
from barograph.util import need

FOLDER = "pytorch_traces"


def torch_trace_handler() -> Callable[[Any], None]:
    """For torch.profiler.profile(on_trace_ready=...): each trace goes to the run's files when it is written."""
    run = current_run("torch_trace_handler()")
    folder = os.path.join(run.dir, FOLDER)
    write = need("torch.profiler", "torch_trace_handler").tensorboard_trace_handler(folder)
    sent: set[str] = set()

    def written(profile: Any) -> None:
        write(profile)
        for name in sorted({*os.listdir(folder)} - sent):
            sent.add(name)
            run._save_file(f"{FOLDER}/{name}")

    return written
