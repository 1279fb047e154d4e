"""sdk.py - init, login, and the functions that work on the run that init made last."""

from __future__ import annotations

import atexit
import os
import sys
from dataclasses import replace
from typing import Any, Sequence
from urllib.parse import urlsplit

import barograph
from barograph import _core
from barograph.config import as_dict
from barograph.errors import Error, UsageError
from barograph.run import DisabledCore, Run
from barograph.settings import Settings, netrc_path

KEY_LEN_MIN = 40
_had_exception = False


def init(
    entity: str | None = None,
    project: str | None = None,
    dir: str | os.PathLike[str] | None = None,
    id: str | None = None,
    name: str | None = None,
    notes: str | None = None,
    tags: Sequence[str] | None = None,
    config: Any = None,
    group: str | None = None,
    job_type: str | None = None,
    mode: str | None = None,
    settings: Settings | dict[str, Any] | None = None,
) -> Run:
    """Begins a run and makes it `barograph.run`. While one is running, it is that one."""
    if barograph.run is not None:
        return barograph.run
    given = Settings(**settings) if isinstance(settings, dict) else settings or Settings()
    told = {
        "entity": entity,
        "project": project,
        "root_dir": os.fspath(dir) if dir is not None else None,
        "run_id": id,
        "run_name": name,
        "run_notes": notes,
        "run_tags": list(tags) if tags is not None else None,
        "run_group": group,
        "run_job_type": job_type,
        "mode": mode,
    }
    filled = replace(given, **{key: value for key, value in told.items() if value is not None}).filled()
    values = as_dict(config)
    run = Run(filled, _open(filled), _forget)
    barograph.run = run
    run.config.update(values)
    _announce(run)
    return run


def _open(settings: Settings) -> Any:
    if settings.mode == "disabled":
        return DisabledCore(settings)
    return _core.Run(
        {
            "dir": settings.root_dir,
            "base_url": settings.base_url,
            "api_key": settings.api_key,
            "entity": settings.entity,
            "project": settings.project,
            "run_id": settings.run_id,
            "name": settings.run_name,
            "notes": settings.run_notes,
            "group": settings.run_group,
            "job_type": settings.run_job_type,
            "is_offline": "yes" if settings.mode == "offline" else None,
            "init_timeout": settings.init_timeout,
            "finish_timeout": settings.finish_timeout,
            "stats_interval": -1.0 if settings.x_disable_stats else settings.x_stats_sampling_interval,
            "python_version": ".".join(str(part) for part in sys.version_info[:3]),
        },
        settings.run_tags,
    )


def _announce(run: Run) -> None:
    if run.settings.quiet or run.disabled:
        return
    problem = run._core.get(_core.PROBLEM)
    if problem:
        print(f"barograph: {problem}; the run is recorded, and sent when the server answers", file=sys.stderr)
    place = run.url or run._core.get(_core.DIR)
    print(f"barograph: run {run.name or run.id} at {place}", file=sys.stderr)


def _forget(run: Run) -> None:
    if barograph.run is run:
        barograph.run = None


def finish(exit_code: int | None = None, quiet: bool | None = None) -> None:
    """Ends the current run, if there is one."""
    if barograph.run is not None:
        barograph.run.finish(exit_code, quiet)


def _current() -> Run:
    if barograph.run is None:
        raise Error("call barograph.init() first")
    return barograph.run


def log(data: dict[str, Any], step: int | None = None, commit: bool | None = None) -> None:
    """Records a row of the current run; see Run.log."""
    _current().log(data, step, commit)


def define_metric(name: str, **options: Any) -> None:
    """See Run.define_metric."""
    _current().define_metric(name, **options)


def login(key: str | None = None, host: str | None = None, relogin: bool | None = None) -> bool:
    """Keeps the key for a server in the netrc file. True when there is a key, given now or before."""
    settings = Settings(api_key=key, base_url=host).filled()
    if settings.api_key is None:
        return False
    if len(settings.api_key.split("-", 1)[-1]) < KEY_LEN_MIN:
        raise UsageError(f"an API key has {KEY_LEN_MIN} or more characters")
    if key is not None:
        _write_netrc(urlsplit(settings.base_url or "").netloc, key)
        os.environ["BAROGRAPH_API_KEY"] = key
    if host is not None:
        os.environ["BAROGRAPH_BASE_URL"] = host
    return True


def _write_netrc(machine: str, key: str) -> None:
    """Replaces the machine's entry; the others stay as they are."""
    path = netrc_path()
    lines: list[str] = []
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    kept, skips = [], False
    for line in lines:
        words = line.split()
        if words[:1] in (["machine"], ["default"]):
            skips = words[1:2] == [machine]
        if not skips:
            kept.append(line)
    temporary = f"{path}.{os.getpid()}"
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write("\n".join([*kept, f"machine {machine}", "  login user", f"  password {key}", ""]))
    os.replace(temporary, path)


def _note_exception(kind: Any, error: Any, traceback: Any) -> None:
    global _had_exception
    _had_exception = True
    _previous_hook(kind, error, traceback)


_previous_hook = sys.excepthook
sys.excepthook = _note_exception
atexit.register(lambda: finish(1 if _had_exception else 0))
