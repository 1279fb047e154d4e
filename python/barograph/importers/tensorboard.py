"""tensorboard.py - runs out of TensorBoard's event files: numbers, texts, histograms, images, sounds and what a session was started with.

See integration/tfevents.py. Images and sounds become files of the run, as the client names them; they are read again from the event
file when they are sent, so that a run of many is not held in memory.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, Iterator

from barograph.data_types.base import ID_LEN
from barograph.data_types.histogram import Histogram
from barograph.errors import Error
from barograph.importers.model import Project, Run, SourceFile, md5_of
from barograph.integration import tfevents
from barograph.util import make_file_path_upload_safe

# What a file is shown as, by how it begins; a picture that moves is a video.
_ENDINGS: dict[int, tuple[tuple[bytes, str, str], ...]] = {
    tfevents.IMAGE: (
        (b"\x89PNG", "image", "png"), (b"\xff\xd8\xff", "image", "jpg"), (b"BM", "image", "bmp"), (b"GIF8", "video", "gif"),
    ),
    tfevents.AUDIO: ((b"RIFF", "audio", "wav"), (b"OggS", "audio", "ogg"), (b"fLaC", "audio", "flac"), (b"ID3", "audio", "mp3")),
}  # fmt: skip
_FOLDERS = {"image": "media/images", "video": "media/videos", "audio": "media/audio"}


def read_folder(folder: Path) -> Project:
    found: dict[Path, list[Path]] = {}
    for path in sorted(folder.rglob("*tfevents*")):
        found.setdefault(path.parent, []).append(path)
    if not found:
        raise Error(f"'{folder}' has no event files (*tfevents*)")
    project = Project(runs=lambda: (), run_count=len(found))

    def read() -> Iterator[Run]:
        for parent, paths in found.items():
            yield _Reader(folder, parent, project).read(paths)

    project.runs = read
    return project


class _Reader:
    """One folder's event files, which are one run."""

    def __init__(self, root: Path, parent: Path, project: Project) -> None:
        where = parent.relative_to(root).as_posix()
        self.shown = root.resolve().name if where == "." else where
        self.project = project
        self.rows: dict[tuple[int, int], dict[str, Any]] = {}
        self.files: dict[str, SourceFile] = {}
        self.config: dict[str, Any] = {}
        self.left: Counter[str] = Counter()
        self.times: Counter[tuple[str, int]] = Counter()  # that a tag was written at a step: some write all at step 0
        self.begun: float | None = None

    def read(self, paths: list[Path]) -> Run:
        for path in paths:
            for at, event in _read_events(path, self.project):
                self._take(path, at, event)
        for what, count in sorted(self.left.items()):
            self.project.left.append(f"{self.shown}: {count} {what}")
        ordered = [self.rows[key] for key in sorted(self.rows)]
        last: dict[str, Any] = {}
        for row in ordered:
            last.update(row)
        facts = {"displayName": self.shown, "state": "finished", "config": json.dumps(self.config), "summaryMetrics": json.dumps(last)}
        name = re.sub(r"[^A-Za-z0-9_-]+", "-", self.shown)[:120].strip("-") or "run"
        return Run(name, facts, lambda: iter(ordered), files=list(self.files.values()))

    def _take(self, path: Path, at: int, event: tfevents.Event) -> None:
        self.begun = event.wall_time if self.begun is None else self.begun
        if event.has_graph:
            self.left["graphs of a model"] += 1
        for number, part in enumerate(tfevents.parts(event.summary)):
            if part.plugin == "hparams":
                self.config.update({name: {"value": value} for name, value in tfevents.parameters_of(part).items()})
                continue
            tag, step = part.tag.removesuffix("/text_summary"), max(event.step, 0)
            value = self._value(path, at, number, part, f"{tag}_{step}")
            if value is None:
                self.left[f"values of '{tag}' are of a kind that is not known"] += 1
                continue
            again = self.times[tag, step]
            self.times[tag, step] += 1
            times = {"_timestamp": event.wall_time, "_runtime": event.wall_time - self.begun}
            self.rows.setdefault((step, again), {"_step": step, **times})[tag] = value

    def _value(self, path: Path, at: int, number: int, part: tfevents.Part, name: str) -> Any:
        """The JSON that a run's history has for it; None for what has none."""
        value = tfevents.value_of(part)
        if isinstance(value, Histogram):
            return value.to_json()
        if not isinstance(value, tfevents.Encoded):
            return value
        kinds = {_kind_of(value.kind, content) for content in value.files}
        kind, ending = kinds.pop()
        if kinds or not kind:
            return None
        told = []
        for which, content in enumerate(value.files):
            digest = hashlib.sha256(content).hexdigest()
            file = f"{_FOLDERS[kind]}/{make_file_path_upload_safe(name)}_{digest[:ID_LEN]}.{ending}"
            self.files[file] = SourceFile(file, _Again(path, at, number, which), md5_of(content))
            told.append({"_type": f"{kind}-file", "sha256": digest, "size": len(content), "path": file})
        return _listed(kind, told, ending, value)


class _Again:
    """Reads a file's bytes from where they stand: a value's file of a record."""

    def __init__(self, path: Path, at: int, number: int, which: int) -> None:
        self.path, self.at, self.number, self.which = path, at, number, which

    def __call__(self) -> bytes:
        with open(self.path, "rb") as file:
            file.seek(self.at)
            event = tfevents.event_of(next(tfevents.records(file)))
        part = list(tfevents.parts(event.summary))[self.number]
        value = tfevents.value_of(part)
        assert isinstance(value, tfevents.Encoded)
        return value.files[self.which]


def _kind_of(field: int, content: bytes) -> tuple[str, str]:
    return next(((kind, ending) for start, kind, ending in _ENDINGS[field] if content.startswith(start)), ("", ""))


def _listed(kind: str, told: list[dict[str, Any]], ending: str, value: tfevents.Encoded) -> dict[str, Any]:
    """As clients log a list of one kind."""
    if kind == "audio":
        return {"_type": "audio", "count": len(told), "audio": told}
    if kind == "video":
        return {"_type": "videos", "count": len(told), "videos": told, "captions": False}
    size = {"width": value.width, "height": value.height, "format": ending}
    return {"_type": "images/separated", **size, "count": len(told), "filenames": [each["path"] for each in told]}


def _read_events(path: Path, project: Project) -> Iterator[tuple[int, tfevents.Event]]:
    """Each with where its record begins."""
    with open(path, "rb") as file:
        is_whole, at = False, 0
        try:
            for record in tfevents.records(file, checks=True):
                yield at, tfevents.event_of(record)
                at = file.tell()
            is_whole = not file.read(1)
        except tfevents.Malformed:
            pass
        if not is_whole:
            project.left.append(f"{path.name}: ends in the middle of a record, or is damaged; what is before was read")
