"""mlflow.py - runs out of MLflow's stores, read as they lie: an mlruns folder (meta.yaml, metrics/, params/, tags/, artifacts/), or
the SQLite database of a store and the folders that it names."""

from __future__ import annotations

import json
import math
import sqlite3
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Iterable, Iterator
from urllib.parse import unquote, urlparse

from barograph import yaml
from barograph.errors import Error
from barograph.importers.model import Project, Run, SourceFile

STATES = {1: "running", 2: "running", 3: "finished", 4: "failed", 5: "killed"}
STATE_NAMES = {"SCHEDULED": 1, "RUNNING": 2, "FINISHED": 3, "FAILED": 4, "KILLED": 5}
_FOREIGN = "its artifacts lie at {0}, which is no folder here"
_STRANGE = "its artifacts are said to lie at {0}, which is not the folder of a run; they are left out"


@dataclass
class _Facts:
    """One run, from whichever store. Times are milliseconds."""

    id: str
    experiment: str
    name: str | None
    status: int
    begun: int | None
    ended: int | None
    artifacts: str
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    metrics: Iterable[tuple[str, int, float, int]] = ()  # key, time, value, step; in the order in which they were logged


def read_folder(path: Path) -> Project:
    """A folder of a file store, or a database."""
    if path.is_file():
        return _project(_runs_of_database(path))
    experiments = [meta.parent for meta in sorted(path.glob("*/meta.yaml")) if meta.parent.name != ".trash"]
    if not experiments:
        raise Error(f"'{path}' is neither an mlruns folder (it has no experiments with a meta.yaml) nor a database of MLflow's")
    return _project(_runs_of_folders(experiments))


def _project(found: list[_Facts | str]) -> Project:
    """Runs, and sentences about what is none."""
    runs = [each for each in found if isinstance(each, _Facts)]
    project = Project(runs=lambda: (), run_count=len(runs), left=[each for each in found if isinstance(each, str)])
    project.runs = lambda: (_run_of(facts, project) for facts in runs)
    return project


# ---- folders ----


def _runs_of_folders(experiments: list[Path]) -> list[_Facts | str]:
    found: list[_Facts | str] = []
    for experiment in experiments:
        name = str(_read_yaml(experiment / "meta.yaml").get("name", experiment.name))
        for run in (meta.parent for meta in sorted(experiment.glob("*/meta.yaml"))):
            if not (run / "metrics").is_dir() and not (run / "params").is_dir():
                found.append(f"{run.name}: neither metrics nor params; models and traces are not runs")
                continue
            meta = _read_yaml(run / "meta.yaml")
            if meta.get("lifecycle_stage") == "deleted":
                found.append(f"{run.name}: was deleted in MLflow")
                continue
            texts = {part: {key: path.read_text(encoding="utf-8") for key, path in _walk(run / part)} for part in ("params", "tags")}
            found.append(_Facts(run.name, name, meta.get("run_name"), meta.get("status", 3), meta.get("start_time"), meta.get("end_time"),
                                str(run / "artifacts"), texts["params"], texts["tags"], _Metrics(run / "metrics")))  # fmt: skip
    return found


def _read_yaml(path: Path) -> dict[str, Any]:
    found = yaml.load(path.read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else {}


class _Metrics:
    """Of one folder, read when the run is. Lines are `timestamp value step`."""

    def __init__(self, folder: Path):
        self._folder = folder

    def __iter__(self) -> Iterator[tuple[str, int, float, int]]:
        for name, path in _walk(self._folder):
            for line in path.read_text(encoding="utf-8").splitlines():
                parts = line.split()
                yield name, int(parts[0]), float(parts[1]), int(parts[2]) if len(parts) > 2 else 0


# ---- a database ----


class _Table:
    """The metrics of one run, read when the run is."""

    def __init__(self, path: Path, run: str):
        self._path, self._run = path, run

    def __iter__(self) -> Iterator[tuple[str, int, float, int]]:
        asked = "select key, timestamp, value, step, is_nan from metrics where run_uuid = ? order by key, step, timestamp, value"
        with _open(self._path) as connection:
            for key, at, value, step, is_nan in connection.execute(asked, (self._run,)):
                yield key, at, math.nan if is_nan else value, step


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def _runs_of_database(path: Path) -> list[_Facts | str]:
    found: list[_Facts | str] = []
    asked = """select r.run_uuid, e.name, r.name, r.status, r.start_time, r.end_time, r.artifact_uri, r.lifecycle_stage
        from runs r join experiments e using (experiment_id) order by r.start_time, r.run_uuid"""
    try:
        with _open(path) as connection:
            texts = {table: _texts(connection, table) for table in ("params", "tags")}
            rows = connection.execute(asked).fetchall()
            others = {table: connection.execute(f"select count(*) from {table}").fetchone()[0] for table in _others(connection)}
    except sqlite3.DatabaseError as error:
        raise Error(f"'{path}' is no database of MLflow's: {error}") from None
    for run, experiment, name, status, begun, ended, artifacts, stage in rows:
        if stage == "deleted":
            found.append(f"{run}: was deleted in MLflow")
            continue
        found.append(_Facts(run, experiment, name, STATE_NAMES.get(status, 3), begun, ended, artifacts or "", texts["params"].get(run, {}),
                            texts["tags"].get(run, {}), _Table(path, run)))  # fmt: skip
    return found + [f"{count} rows of {table}: they are not runs" for table, count in others.items() if count]


def _texts(connection: sqlite3.Connection, table: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for run, key, value in connection.execute(f"select run_uuid, key, value from {table}"):
        found.setdefault(run, {})[key] = value
    return found


def _others(connection: sqlite3.Connection) -> list[str]:
    there = {name for (name,) in connection.execute("select name from sqlite_schema where type = 'table'")}
    return [table for table in ("registered_models", "logged_models", "trace_info") if table in there]


# ---- a run, whichever the store ----


def _run_of(found: _Facts, project: Project) -> Run:
    params = {name: _value_of(text) for name, text in found.params.items()}
    own = {name: text for name, text in found.tags.items() if not name.startswith("mlflow.")}
    if found.ended is None and found.status in (1, 2):
        project.left.append(f"{found.id}: was still running; import it again when it has ended")
    facts = {
        "displayName": str(found.name or found.tags.get("mlflow.runName") or found.id),
        "config": json.dumps({name: {"value": value} for name, value in {**params, **({"mlflow_tags": own} if own else {})}.items()}),
        "group": found.experiment,
        "notes": found.tags.get("mlflow.note.content"),
        "commit": found.tags.get("mlflow.source.git.commit"),
        "state": STATES.get(found.status, "finished"),
        "createdAt": _time_of(found.begun),
        "heartbeatAt": _time_of(found.ended),
        "stoppedAt": _time_of(found.ended),
    }
    rows = _rows_of(found.metrics, found.begun or 0)
    last: dict[str, Any] = {}
    for row in rows:
        last.update(row)
    facts["summaryMetrics"] = json.dumps(last)
    return Run(found.id, facts, lambda: iter(rows), files=_files_of(found, project))


def _time_of(milliseconds: int | None) -> str | None:
    if not milliseconds:
        return None
    at = datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03}Z"


def _files_of(found: _Facts, project: Project) -> list[SourceFile]:
    where = urlparse(found.artifacts)
    folder = Path(unquote(where.path)) if where.scheme in ("", "file") else None
    if folder is None or (found.artifacts and not folder.is_dir() and where.scheme == "file"):
        project.left.append(f"{found.id}: {_FOREIGN.format(found.artifacts)}")
        return []
    # MLflow never keeps them elsewhere; a database may name any folder of whoever imports it.
    if found.artifacts and folder.parts[-2:] != (found.id, "artifacts"):
        project.left.append(f"{found.id}: {_STRANGE.format(found.artifacts)}")
        return []
    return [SourceFile(f"artifacts/{name}", path.read_bytes) for name, path in _walk(folder)]


def _walk(folder: Path) -> Iterator[tuple[str, Path]]:
    """Nothing that a link leads to: a store that somebody else packed could name any place with one."""
    if folder.is_symlink():
        return
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(folder).as_posix(), path


def _value_of(text: str) -> Any:
    """Parameters are text; those that are numbers are compared as numbers."""
    try:
        number = float(text)
    except ValueError:
        return {"True": True, "False": False}.get(text, text)
    return int(text) if text.lstrip("-").isdigit() else number if math.isfinite(number) else text


def _rows_of(metrics: Iterable[tuple[str, int, float, int]], begun: int) -> list[dict[str, Any]]:
    """What was logged at one step is one row; a value logged again there is another."""
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    seen: dict[tuple[str, int], int] = {}
    for name, at, value, step in metrics:
        again = seen[name, step] = seen.get((name, step), -1) + 1
        row = rows.setdefault((step, again), {"_step": step, "_timestamp": at / 1000, "_runtime": max(0, at - begun) / 1000})
        row[name] = value
    return [rows[key] for key in sorted(rows)]
