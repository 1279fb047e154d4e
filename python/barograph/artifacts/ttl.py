"""ttl.py - how long an artifact is kept, when that is not a number."""

from __future__ import annotations

from enum import Enum


class ArtifactTTL(Enum):
    """INHERIT: as long as the project says."""

    INHERIT = 0
