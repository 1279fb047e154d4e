"""names.py - which names, paths, aliases and tags are allowed, and where a name from outside may lead on a disk."""

from __future__ import annotations

import base64
import os
import posixpath
import re
import zlib
from pathlib import PurePath
from typing import Any, Iterable, NamedTuple

NAME_MAX = 128
METADATA_KEYS_MAX = 100
_NAME = re.compile(r"[a-zA-Z0-9_\-.]+")
_TAG = re.compile(r"[-\w]+( +[-\w]+)*")
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_\-.]+")
# Types whose artifacts the clients make themselves, and how their names begin.
_OWN_TYPES = {"job": "", "run_table": "run-", "code": "source-"}
REGISTRY_PREFIX = "wandb-registry-"


def checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"an artifact's name is made of letters, digits, '-', '_' and '.', got {name!r}")
    if len(name) > NAME_MAX:
        raise ValueError(f"an artifact's name has at most {NAME_MAX} characters, got {len(name)}")
    return name


def checked_type(type: str, name: str) -> str:
    own = _OWN_TYPES.get(type)
    if type.startswith("wandb-") or (own is not None and name.startswith(own)):
        raise ValueError(f"artifact type {type!r} is reserved; choose another")
    return type


def own_name(name: str) -> str:
    """A name for artifacts we make ourselves: what is not allowed is left out, and a checksum keeps names apart."""
    cleaned = _NOT_IN_NAMES.sub("", name)
    if cleaned == name:
        return name
    suffix = base64.urlsafe_b64encode(zlib.crc32(name.encode()).to_bytes(4, "big")).rstrip(b"=").decode()
    return f"{cleaned}-{suffix}"


def as_list(values: str | Iterable[str] | None) -> list[str]:
    if values is None:
        return []
    return [values] if isinstance(values, str) else list(values)


def checked_aliases(aliases: str | Iterable[str] | None) -> list[str]:
    listed = as_list(aliases)
    for alias in listed:
        if "/" in alias or ":" in alias:
            raise ValueError(f"an alias contains neither '/' nor ':', got {alias!r}")
    return listed


def checked_tags(tags: str | Iterable[str] | None) -> list[str]:
    listed = list(dict.fromkeys(as_list(tags)))
    for tag in listed:
        if not _TAG.fullmatch(tag):
            raise ValueError(f"a tag is made of letters, digits, '-', '_' and single words' spaces, got {tag!r}")
    return listed


def is_version(alias: str) -> bool:
    """v0, v1, ..."""
    return len(alias) > 1 and alias[0] == "v" and alias[1:].isdecimal()


def logical(path: str | os.PathLike[str]) -> str:
    """A path inside an artifact: forward slashes, tidy, never absolute, never upwards."""
    text = os.fspath(path)
    if os.sep == "\\":
        text = PurePath(text).as_posix()
    tidy = posixpath.normpath(text)
    if tidy.startswith("/"):
        tidy = tidy.lstrip("/")
    if tidy in ("", ".", "..") or tidy.startswith("../") or "\0" in tidy:
        raise ValueError(f"{text!r} is not a path inside an artifact")
    return tidy


def refuse_escape(path: str) -> None:
    """An absolute path is refused, not mended: whoever wrote it into a manifest meant another place."""
    is_absolute = path.startswith(("/", "\\")) or (os.sep == "\\" and re.match("[A-Za-z]:", path))
    if is_absolute or ".." in path.split("/") or "\0" in path:
        raise ValueError(f"entry {path!r} would leave its folder")


def place_in(root: str | os.PathLike[str], path: str) -> str:
    """Where an entry lies below a folder. Names come from a server: nothing leads out, links are not followed."""
    refuse_escape(path)
    parts = path.split("/")
    place = os.fspath(root)
    for part in parts[:-1]:
        place = os.path.join(place, part)
        if os.path.islink(place):
            raise ValueError(f"entry {path!r} would go through the link {place!r}")
    return os.path.join(place, parts[-1])


def refuse_case_clashes(paths: Iterable[str], root: str) -> None:
    """On a file system that takes A and a for one, the second would overwrite the first."""
    seen: dict[str, str] = {}
    for path in paths:
        other = seen.setdefault(path.casefold(), path)
        if other != path and _ignores_case(root):
            raise ValueError(f"entries {other!r} and {path!r} are one file on this file system")


def _ignores_case(root: str) -> bool:
    probe = os.path.join(root, f".Case-{os.getpid()}")
    os.makedirs(root, exist_ok=True)
    with open(probe, "w"):
        pass
    try:
        return os.path.exists(os.path.join(root, f".cASE-{os.getpid()}"))
    finally:
        os.unlink(probe)


class ArtifactPath(NamedTuple):
    """[[entity/]project/]name[:alias]"""

    name: str
    project: str | None = None
    entity: str | None = None

    @classmethod
    def parse(cls, text: str) -> ArtifactPath:
        place, colon, alias = text.partition(":")
        parts = place.split("/")
        if len(parts) > 3 or not all(parts):
            raise ValueError(f"an artifact's path is [[entity/]project/]name[:alias], got {text!r}")
        parts[-1] += colon + alias
        return cls(*reversed(parts))

    def filled(self, entity: str | None, project: str | None) -> ArtifactPath:
        return ArtifactPath(self.name, self.project or project, self.entity or entity)

    @property
    def is_in_registry(self) -> bool:
        return (self.project or "").startswith(REGISTRY_PREFIX)

    def __str__(self) -> str:
        return "/".join(part for part in (self.entity, self.project, self.name) if part)


def checked_metadata(metadata: Any) -> dict[str, Any]:
    """A copy that is JSON, all the way down."""
    import json

    from barograph.util import json_friendly_val

    if metadata is None or metadata == "":
        return {}
    if isinstance(metadata, str):
        metadata = json.loads(metadata)
    if not isinstance(metadata, dict):
        raise TypeError(f"metadata is a dictionary, got {type(metadata).__name__}")
    plain: dict[str, Any] = json.loads(json.dumps(json_friendly_val(metadata), allow_nan=False))
    if len(plain) > METADATA_KEYS_MAX:
        raise ValueError(f"metadata has at most {METADATA_KEYS_MAX} keys, got {len(plain)}")
    return plain
