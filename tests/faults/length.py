"""length.py - how long a fault lasts: a moment, so that the tests are quick; or BAROGRAPH_FAULT_SECONDS, as `make test-faults-long` asks."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

LEAST_S = float(os.environ.get("BAROGRAPH_FAULT_SECONDS", "0"))
# How long a client goes on asking: past the longest fault, and then as long as a busy machine may need.
ANSWER_LIMIT_S = 60 + 2 * LEAST_S


def lasting(seconds: float) -> float:
    """The seconds of a fault that are enough to show it, or more."""
    return max(seconds, LEAST_S)


def rounds(count: int) -> Iterator[int]:
    """0, 1, ...: so many, and on until the faults have lasted."""
    end, number = time.monotonic() + LEAST_S, 0
    while number < count or time.monotonic() < end:
        yield number
        number += 1
