"""disabled.py - the core of a run that records nothing, so that scripts run unchanged."""

from __future__ import annotations

import json
import tempfile
import time
from typing import Any

from barograph import _core
from barograph.settings import Settings


class DisabledCore:
    """Takes everything and keeps the summary's last values."""

    def __init__(self, settings: Settings) -> None:
        self._facts = {
            _core.RUN_ID: settings.run_id or "disabled",
            _core.PROJECT: settings.project or "",
            _core.ENTITY: settings.entity or "",
            _core.NAME: settings.run_name or "",
            _core.NOTES: settings.run_notes or "",
        }
        self._step = 0
        self._began = time.time()
        self._values: dict[str, Any] = {}

    def log(self, row: dict[str, Any], step: int | None, commit: bool) -> None:
        self._values.update(row)
        self._step = (self._step if step is None else step) + int(commit)

    def summary(self) -> str:
        return json.dumps(self._values, default=str)

    def update_summary(self, values: dict[str, Any]) -> None:
        self._values.update(values)

    def remove_summary(self, path: list[str]) -> None:
        values = self._values
        for key in path[:-1]:
            values = values.get(key, {})
        values.pop(path[-1], None)

    def update_config(self, values: dict[str, Any]) -> None:
        return None

    def define_metric(self, *arguments: Any) -> None:
        return None

    def describe(self, name: str | None, notes: str | None, tags: list[str] | None) -> None:
        if name is not None:
            self._facts[_core.NAME] = name
        if notes is not None:
            self._facts[_core.NOTES] = notes

    def get(self, fact: int) -> str:
        if fact == _core.DIR and fact not in self._facts:
            self._facts[fact] = tempfile.mkdtemp(prefix="barograph-disabled-")
        return self._facts.get(fact, "")

    def start_time(self) -> float:
        return self._began

    def next_step(self) -> int:
        return self._step

    def set_encoder(self, encode: Any) -> None:
        return None

    def append_record(self, record: bytes) -> None:
        return None

    def save(self, path: str, policy: int) -> None:
        return None

    def output(self, is_stderr: bool, text: str) -> None:
        return None

    def ask(self, kind: str, payload: str, timeout_ms: int) -> str:
        return "{}"

    def is_resumed(self) -> bool:
        return False

    def history(self) -> str | None:
        return None

    def past(self) -> str | None:
        return None

    def dropped_rows(self) -> int:
        return 0

    def end(self, exit_code: int) -> None:
        return None

    def wait(self, timeout_ms: int) -> tuple[bool, bool, int, int, int, str | None]:
        return (True, False, 0, 0, 0, None)

    def close(self) -> None:
        return None
