"""tensorboard.py - brings the numbers of TensorBoard's event files into a run.

A file that ends within a record is taken up to there, as a killed program leaves it.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Iterator

from barograph.integration.tfevents import events, values

if TYPE_CHECKING:
    from barograph.apis.public.api import Api

ROWS_PER_REQUEST = 10000


def sync(api: Api, root_dir: str, entity: str, project: str, run_id: str) -> None:
    """Makes the run and sends the rows; it is finished afterwards."""
    files = list(event_files(root_dir))
    if not files:
        raise ValueError(f"no event files (*tfevents*) below {root_dir!r}")
    rows = merged(root_dir, files)
    run = api._create_run(run_id=run_id, project=project, entity=entity)
    for first in range(0, len(rows), ROWS_PER_REQUEST):
        lines = [json.dumps(row) for row in rows[first : first + ROWS_PER_REQUEST]]
        _stream(api, run, {"files": {"wandb-history.jsonl": {"offset": first, "content": lines}}})
    summary = {key: value for row in rows for key, value in row.items()}
    _stream(api, run, {"files": {"wandb-summary.json": {"offset": 0, "content": [json.dumps(summary)]}}})
    _stream(api, run, {"complete": True, "exitcode": 0})


def _stream(api: Api, run: Any, body: dict[str, Any]) -> None:
    path = f"/files/{'/'.join(run.path)}/file_stream"
    api.client.request("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json"})


def event_files(root_dir: str) -> Iterator[str]:
    """All event files below a folder, those of one folder in the order of their time."""
    for folder, folders, names in os.walk(root_dir):
        folders.sort()
        yield from (os.path.join(folder, name) for name in sorted(names) if "tfevents" in name)


def merged(root_dir: str, files: list[str]) -> list[dict[str, Any]]:
    """One row a step; tags of files in subfolders begin with the folder's name."""
    rows: dict[int, dict[str, Any]] = {}
    for path in files:
        folder = os.path.relpath(os.path.dirname(path), root_dir)
        prefix = "" if folder == "." else folder.replace(os.sep, "/") + "/"
        for event in events(path)[0]:
            numbers = {prefix + tag: value for tag, value in values(event.summary) if isinstance(value, (int, float))}
            if numbers:
                row = rows.setdefault(event.step, {"_step": event.step, "global_step": event.step})
                row.update(numbers, _timestamp=max(row.get("_timestamp", 0.0), event.wall_time))
    return [rows[step] for step in sorted(rows)]
