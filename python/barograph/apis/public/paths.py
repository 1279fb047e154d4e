"""paths.py - what a path means: entity/project/run_id, the addresses of pages, and names with defaults."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from barograph.apis.client import ApiError

KINDS = ("runs", "sweeps", "reports", "groups", "workspace", "artifacts", "table")


class Place(NamedTuple):
    """Where something is; what a path leaves out is None."""

    entity: str | None
    project: str | None
    name: str | None


def parts_of(path: str) -> list[str]:
    """The parts of a path, or of the address of a page."""
    if "://" in path:
        path = unquote(urlsplit(path).path)
    return [part.strip() for part in path.strip("/ ").split("/") if part.strip()]


def place_of(path: str) -> Place:
    """Of entity/project/name, project/name, name, each also with :name at the end, and of the page's address."""
    parts = parts_of(path)
    if len(parts) > 3 and parts[2] in KINDS:
        parts = [*parts[:2], *parts[3:]]
    if len(parts) < 3 and parts and ":" in parts[-1]:
        project, name = parts[-1].split(":", 1)
        parts = [*parts[:-1], project, name]
    if len(parts) > 3:
        raise ApiError(f"a path is entity/project/name, got {path!r}")
    filled: list[str | None] = [None] * (3 - len(parts)) + list(parts)
    return Place(*filled)
