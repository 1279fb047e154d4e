"""settings.py - what init is told, by the call, by BAROGRAPH_ variables, by WANDB_ variables, in this order."""

from __future__ import annotations

import netrc
import os
from dataclasses import dataclass, field, fields
from urllib.parse import urlsplit

from barograph.errors import UsageError

DEFAULT_BASE_URL = "http://127.0.0.1:8080"
MODES = ("online", "offline", "disabled")


def variable(name: str) -> str | None:
    """BAROGRAPH_NAME, else WANDB_NAME; an empty one counts as missing."""
    return os.environ.get(f"BAROGRAPH_{name}") or os.environ.get(f"WANDB_{name}") or None


def _list(text: str | None) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()] if text else []


@dataclass
class Settings:
    """All that a run can be told. What is None comes from the environment, and then from the defaults."""

    api_key: str | None = None
    base_url: str | None = None
    entity: str | None = None
    project: str | None = None
    run_id: str | None = None
    run_name: str | None = None
    run_notes: str | None = None
    run_group: str | None = None
    run_job_type: str | None = None
    run_tags: list[str] = field(default_factory=list)
    root_dir: str | None = None
    mode: str | None = None
    init_timeout: float = 90.0
    finish_timeout: float = 0.0
    quiet: bool | None = None
    x_stats_sampling_interval: float = 15.0
    x_disable_stats: bool = False

    def filled(self) -> Settings:
        """A copy with the environment's values where nothing was said. UsageError for an unknown mode."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        for name, variable_name in _VARIABLES.items():
            if values[name] is None:
                values[name] = variable(variable_name)
        values["run_tags"] = list(self.run_tags) or _list(variable("TAGS"))
        values["base_url"] = (values["base_url"] or DEFAULT_BASE_URL).rstrip("/")
        values["mode"] = values["mode"] or "online"
        values["quiet"] = self.quiet if self.quiet is not None else (variable("QUIET") or "").lower() in ("1", "true")
        if values["mode"] == "dryrun":
            values["mode"] = "offline"
        if values["mode"] not in MODES:
            raise UsageError(f"mode is one of {', '.join(MODES)}, got {values['mode']!r}")
        values["api_key"] = values["api_key"] or _key_from_netrc(values["base_url"])
        return Settings(**values)


_VARIABLES = {
    "api_key": "API_KEY",
    "base_url": "BASE_URL",
    "entity": "ENTITY",
    "project": "PROJECT",
    "run_id": "RUN_ID",
    "run_name": "NAME",
    "run_notes": "NOTES",
    "run_group": "RUN_GROUP",
    "run_job_type": "JOB_TYPE",
    "root_dir": "DIR",
    "mode": "MODE",
}


def netrc_path() -> str:
    return os.environ.get("NETRC") or os.path.join(os.path.expanduser("~"), ".netrc")


def _key_from_netrc(base_url: str) -> str | None:
    try:
        entries = netrc.netrc(netrc_path())
    except (OSError, netrc.NetrcParseError):
        return None
    entry = entries.hosts.get(urlsplit(base_url).netloc)
    return entry[2] if entry else None
