"""tensorboard.py - runs out of TensorBoard's event files: their scalars and texts. See integration/tfevents.py."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, Iterator

from barograph.errors import Error
from barograph.importers.model import Project, Run
from barograph.integration import tfevents


def read_folder(folder: Path) -> Project:
    found: dict[Path, list[Path]] = {}
    for path in sorted(folder.rglob("*tfevents*")):
        found.setdefault(path.parent, []).append(path)
    if not found:
        raise Error(f"'{folder}' has no event files (*tfevents*)")
    project = Project(runs=lambda: (), run_count=len(found))

    def read() -> Iterator[Run]:
        for parent, paths in found.items():
            yield _read_run(folder, parent, paths, project)

    project.runs = read
    return project


def _read_run(root: Path, parent: Path, paths: list[Path], project: Project) -> Run:
    where = parent.relative_to(root).as_posix()
    shown = root.resolve().name if where == "." else where
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", shown)[:120].strip("-") or "run"
    left: Counter[str] = Counter()
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    config: dict[str, Any] = {}
    begun = None
    for path in paths:
        for event in _read_events(path, project):
            at, step = event.wall_time, max(event.step, 0)
            begun = at if begun is None else begun
            for part in tfevents.parts(event.summary):
                tag, value = part.tag.removesuffix("/text_summary"), _plain(part)
                if value is None:
                    left[tag] += 1
                    continue
                again = 0
                while tag in rows.get((step, again), {}):
                    again += 1
                row = rows.setdefault((step, again), {"_step": step, "_timestamp": at, "_runtime": at - begun})
                row[tag] = value
    for tag, count in sorted(left.items()):
        project.left.append(f"{shown}: {count} values of '{tag}' are neither scalars nor text")
    ordered = [rows[key] for key in sorted(rows)]
    last: dict[str, Any] = {}
    for row in ordered:
        last.update(row)
    facts = {"displayName": shown, "state": "finished", "config": json.dumps(config), "summaryMetrics": json.dumps(last)}
    return Run(name, facts, lambda: iter(ordered))


def _read_events(path: Path, project: Project) -> Iterator[tfevents.Event]:
    with open(path, "rb") as file:
        is_whole = False
        try:
            for record in tfevents.records(file, checks=True):
                yield tfevents.event_of(record)
            is_whole = not file.read(1)
        except tfevents.Malformed:
            pass
        if not is_whole:
            project.left.append(f"{path.name}: ends in the middle of a record, or is damaged; what is before was read")


def _plain(part: tfevents.Part) -> Any:
    """The one number or text that was written; None for anything else."""
    if part.field == tfevents.NUMBER:
        return tfevents.single(part.content)
    if part.field != tfevents.TENSOR:
        return None
    texts = tfevents.texts_of(part.content)
    if len(texts) == 1:
        return texts[0].decode("utf-8", "replace")
    numbers = tfevents.numbers_of(part.content)
    return numbers[0] if len(numbers) == 1 else None
