"""commands.py - barograph export and barograph import."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tarfile
from pathlib import Path
from typing import Sequence

from barograph.errors import UsageError
from barograph.importers import archive, archive_writer, server
from barograph.importers.connection import Connection
from barograph.importers.model import Project
from barograph.importers.target import Target, show_progress

KINDS = ("wandb", "mlflow", "tensorboard")
# numpy comes with pyarrow and begins a thread for each core, which takes longer than all that is done with it here.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _setting(name: str, otherwise: str | None = None) -> str | None:
    return os.environ.get(f"BAROGRAPH_{name}") or os.environ.get(f"WANDB_{name}") or otherwise


def _add_server(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--base-url", default=_setting("BASE_URL", "http://127.0.0.1:8080"), help="where the server is")
    parser.add_argument("--api-key", default=_setting("API_KEY"), help="better given as BAROGRAPH_API_KEY")


def export(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("barograph export", description="Writes a project into one archive.")
    _add_server(parser)
    parser.add_argument("--check", action="store_true", help="hashes every file anew instead of taking the server's word for it")
    parser.add_argument("--data", metavar="DIR", help=argparse.SUPPRESS)
    parser.add_argument("project", metavar="ENTITY/PROJECT")
    parser.add_argument("file", type=Path)
    given = parser.parse_args(arguments)
    if given.data is not None:
        raise UsageError(f"of a folder the server's own program exports: `barograph export --data {given.data} {given.project} {given.file}`")
    entity, name = archive.split_project(given.project)
    connection = Connection(given.base_url, given.api_key)
    project = server.read_project(connection, entity, name, is_ours=True)
    counts = archive_writer.write_archive(given.file, connection, entity, project, name, show_progress, given.check)
    _tell(f"{given.file} holds", counts, project.left)
    return 0


def import_(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("barograph import", description="Reads an archive, or a history of another tool, into a server.")
    _add_server(parser)
    parser.add_argument("--entity", help="whose project it becomes")
    parser.add_argument("--project", help="its name; that of the source by default")
    parser.add_argument("--source-url", default="https://api.wandb.ai", help="wandb: the server to read from")
    parser.add_argument("--source-key", default=os.environ.get("WANDB_SOURCE_API_KEY"), help="better given as WANDB_SOURCE_API_KEY")
    parser.add_argument("what", nargs="+", metavar="FILE | wandb ENTITY/PROJECT | mlflow FOLDER | tensorboard FOLDER")
    given = parser.parse_args(arguments)
    connection = Connection(given.base_url, given.api_key)
    source, entity, name = _open(given)
    entity = given.entity or entity or connection.graphql("query Me { viewer { entity } }")["viewer"]["entity"]
    target = Target(connection, entity, given.project or name, show_progress)
    target.take(source)
    _tell(f"{entity}/{given.project or name} took", target.counts, target.left)
    return 0


def _open(given: argparse.Namespace) -> tuple[Project, str | None, str]:
    kind = given.what[0] if given.what[0] in KINDS and len(given.what) > 1 else None
    if len(given.what) != (2 if kind else 1):
        raise UsageError("give an archive's file, or a kind and its source: wandb, mlflow or tensorboard")
    if kind == "wandb":
        entity, name = archive.split_project(given.what[1])
        return server.read_project(Connection(given.source_url, given.source_key), entity, name), None, name
    if kind is not None:
        folder = Path(given.what[1])
        # Loaded only now: the import of an archive has no use for what these need.
        reader_of = importlib.import_module(f"barograph.importers.{kind}")
        return reader_of.read_folder(folder), None, folder.resolve().name
    try:
        reader = archive.Reader(Path(given.what[0]))
    except tarfile.TarError as error:
        raise UsageError(f"'{given.what[0]}' is no archive of `barograph export`: {error}") from None
    return reader.project(), reader.about["entity"], reader.about["project"]


def _tell(what: str, counts: dict[str, int], left: list[str]) -> None:
    print(f"{what} {', '.join(f'{count} {name}' for name, count in counts.items())}")
    for sentence in left:
        print(f"not carried: {sentence}")
    if left:
        print(f"{len(left)} things could not be carried", file=sys.stderr)
