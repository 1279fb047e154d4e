"""files.py - run.save and run.restore: files that belong to a run."""

from __future__ import annotations

import glob
import os
import shutil
from typing import Any, TextIO

from barograph.errors import CommError

POLICIES = ("live", "now", "end")


def save(run: Any, glob_str: Any, base_path: Any = None, policy: str = "live") -> list[str]:
    """Puts what the pattern finds into the run's folder and has it sent; answers the paths there."""
    if policy not in POLICIES:
        raise ValueError(f"a policy is one of {', '.join(POLICIES)}, got {policy!r}")
    pattern = _text(glob_str)
    if pattern.startswith(("gs://", "s3://")):
        run._terminal.warning(f"{pattern} is in the cloud already and is not saved")
        return []
    pattern = os.path.abspath(pattern)
    base = _base_of(_text(glob_str), pattern, _text(base_path) if base_path is not None else None)
    files_dir = os.path.abspath(run.dir)
    is_inside = _is_below(pattern, files_dir)
    if not is_inside and not _is_below(pattern, base):
        raise ValueError(f"{glob_str} is not below its base path {base}")
    saved = []
    for found in sorted(glob.glob(pattern, recursive=True)):
        for path in _files_in(found):
            relative = os.path.relpath(path, files_dir if is_inside else base)
            saved.append(_place(run, path, files_dir, relative))
            run._save_file(relative, policy)
    if not saved:
        run._terminal.warning(f"save({pattern!r}) found no files")
    return saved


def _text(path: Any) -> str:
    path = os.fspath(path)
    return path.decode("utf-8") if isinstance(path, bytes) else str(path)


def _base_of(given: str, pattern: str, base_path: str | None) -> str:
    """What is kept of a path is what lies below this: all of a relative one, one folder of an absolute one."""
    if base_path is not None:
        return os.path.abspath(base_path)
    if os.path.isabs(given):
        return os.path.dirname(os.path.dirname(pattern))
    base = os.getcwd()
    while not _is_below(pattern, base):
        base = os.path.dirname(base)
    return base


def _is_below(path: str, folder: str) -> bool:
    return os.path.commonpath([path, folder]) == folder


def _files_in(path: str) -> list[str]:
    if not os.path.isdir(path):
        return [path]
    return sorted(os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names)


def _place(run: Any, path: str, files_dir: str, relative: str) -> str:
    """A link where links can be made, so that what changes later is what is sent; else a copy."""
    place = os.path.join(files_dir, relative)
    if os.path.abspath(path) == place:
        return place
    os.makedirs(os.path.dirname(place), exist_ok=True)
    if os.path.lexists(place):
        if os.path.islink(place) and os.path.realpath(place) == os.path.realpath(path):
            return place
        os.remove(place)
    try:
        if not run._settings.symlink:
            raise OSError
        os.symlink(os.path.abspath(path), place)
    except OSError:
        shutil.copy2(path, place)
    return place


def restore(
    name: str, run_path: str | None = None, replace: bool = False, root: str | None = None, run: Any = None
) -> TextIO | None:
    """Downloads a file of a run, unless it is there; ValueError when there is no such file or run."""
    from barograph.apis.public import Api

    if run_path is None and run is None:
        raise ValueError("restore() needs a run_path when no run is active")
    path = run_path or run.path
    folder = root or (run.dir if run is not None else os.getcwd())
    place = os.path.join(folder, name)
    if not _is_below(os.path.abspath(place), os.path.abspath(folder)):
        raise ValueError(f"{name!r} leads out of {folder}")
    if os.path.exists(place) and not replace:
        return open(place, encoding="utf-8")
    try:
        files = [file for file in Api().run(path).files([name]) if file.name == name]
    except CommError as error:
        if "not find" in str(error) or "404" in str(error):
            raise ValueError(f"there is no run {path}") from error
        raise
    if not files or (getattr(files[0], "size", 1) == 0 and not getattr(files[0], "md5", None)):
        raise ValueError(f"the run {path} has no file {name!r}")
    files[0].download(root=folder, replace=True)
    return open(place, encoding="utf-8")
