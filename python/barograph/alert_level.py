"""alert_level.py - how urgent an alert is."""

from __future__ import annotations

import enum


class AlertLevel(enum.Enum):
    """The level of run.alert."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"
