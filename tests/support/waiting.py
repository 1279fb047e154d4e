"""waiting.py - for what happens by and by; a busy machine takes its time."""

from __future__ import annotations

import time


def wait_until(condition, limit_s: float = 60, what: str = "it did not happen"):
    """What the condition answers once it is true."""
    limit = time.monotonic() + limit_s
    while not (result := condition()):
        assert time.monotonic() < limit, f"{what}: not in {limit_s} s"
        time.sleep(0.05)
    return result
