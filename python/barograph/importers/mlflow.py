"""mlflow.py - runs out of an mlruns folder, read as it lies: meta.yaml, metrics/, params/, tags/, artifacts/."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Iterator

from barograph import yaml
from barograph.errors import Error
from barograph.importers.model import Project, Run, SourceFile

STATES = {1: "running", 2: "running", 3: "finished", 4: "failed", 5: "killed"}


def read_folder(folder: Path) -> Project:
    experiments = [meta.parent for meta in sorted(folder.glob("*/meta.yaml")) if meta.parent.name != ".trash"]
    runs = [meta.parent for experiment in experiments for meta in sorted(experiment.glob("*/meta.yaml"))]
    if not experiments:
        raise Error(f"'{folder}' is no mlruns folder: it has no experiments with a meta.yaml")
    project = Project(runs=lambda: (), run_count=len(runs))
    names = {experiment: str(_read_yaml(experiment / "meta.yaml").get("name", experiment.name)) for experiment in experiments}

    def read() -> Iterator[Run]:
        for run in runs:
            if not (run / "metrics").is_dir() and not (run / "params").is_dir():
                project.left.append(f"{run.name}: neither metrics nor params; models and traces are not runs")
                continue
            yield _read_run(run, names[run.parent], project)

    project.runs = read
    return project


def _read_yaml(path: Path) -> dict[str, Any]:
    found = yaml.load(path.read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else {}


def _read_run(folder: Path, experiment: str, project: Project) -> Run:
    meta = _read_yaml(folder / "meta.yaml")
    tags = {name: path.read_text(encoding="utf-8") for name, path in _walk(folder / "tags")}
    params = {name: _value_of(path.read_text(encoding="utf-8")) for name, path in _walk(folder / "params")}
    own = {name: text for name, text in tags.items() if not name.startswith("mlflow.")}
    if meta.get("end_time") is None and meta.get("status") in (1, 2):
        project.left.append(f"{folder.name}: was still running; import it again when it has ended")
    facts = {
        "displayName": str(meta.get("run_name") or tags.get("mlflow.runName") or folder.name),
        "config": json.dumps({name: {"value": value} for name, value in {**params, **({"mlflow_tags": own} if own else {})}.items()}),
        "group": experiment,
        "notes": tags.get("mlflow.note.content"),
        "commit": tags.get("mlflow.source.git.commit"),
        "state": STATES.get(meta.get("status", 3), "finished"),
    }
    files = [SourceFile(f"artifacts/{name}", path.read_bytes) for name, path in _walk(folder / "artifacts")]
    metrics = dict(_walk(folder / "metrics"))
    rows = _read_metrics(metrics, meta)
    last: dict[str, Any] = {}
    for row in rows:
        last.update(row)
    facts["summaryMetrics"] = json.dumps(last)
    return Run(folder.name, facts, lambda: iter(rows), files=files)


def _walk(folder: Path) -> Iterator[tuple[str, Path]]:
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


def _read_metrics(metrics: dict[str, Path], meta: dict[str, Any]) -> list[dict[str, Any]]:
    """Lines are `timestamp value step`. What was logged at one step is one row; a value logged again there is another."""
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    begun = meta.get("start_time") or 0
    for name, path in metrics.items():
        seen: dict[int, int] = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            parts = line.split()
            at, value, step = int(parts[0]), float(parts[1]), int(parts[2]) if len(parts) > 2 else 0
            again = seen[step] = seen.get(step, -1) + 1
            row = rows.setdefault((step, again), {"_step": step, "_timestamp": at / 1000, "_runtime": max(0, at - begun) / 1000})
            row[name] = value
    return [rows[key] for key in sorted(rows)]
