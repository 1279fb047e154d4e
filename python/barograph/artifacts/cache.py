"""cache.py - where files wait: those to be uploaded, and those that were downloaded once.

A file in the cache is found by its digest, and its bytes are held against it each time it is used, so a damaged or
doctored cache costs a download, not a wrong file.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import tempfile
import threading
from typing import Any

from barograph.artifacts.manifest import CHUNK_BYTES, digest_as_hex, new_hasher


def _variable(name: str) -> str | None:
    return os.environ.get(f"BAROGRAPH_{name}") or os.environ.get(f"WANDB_{name}") or None


def _home(variable: str, fallback: str) -> str:
    return os.environ.get(variable) or os.path.join(os.path.expanduser("~"), fallback)


def cache_dir() -> str:
    return _variable("CACHE_DIR") or os.path.join(_home("XDG_CACHE_HOME", ".cache"), "barograph")


def data_dir() -> str:
    return _variable("DATA_DIR") or os.path.join(_home("XDG_DATA_HOME", ".local/share"), "barograph")


def artifact_dir() -> str:
    """Where downloads go unless told."""
    return os.path.abspath(_variable("ARTIFACT_DIR") or os.path.join(".", "artifacts"))


def staging_dir() -> str:
    """Copies of files that may change before they are uploaded."""
    place = os.path.abspath(os.path.expanduser(os.path.join(data_dir(), "artifacts", "staging")))
    try:
        os.makedirs(place, exist_ok=True)
    except OSError as error:
        raise PermissionError(
            f"cannot write staging files to {place!r}: {error.strerror}; BAROGRAPH_DATA_DIR names another folder"
        ) from error
    return place


def staged_copy(path: str | os.PathLike[str]) -> str:
    """A copy that nobody changes any more. The caller's file is free at once."""
    handle, copy = tempfile.mkstemp(dir=staging_dir())
    os.close(handle)
    try:
        shutil.copyfile(path, copy)
        os.chmod(copy, 0o400)
    except BaseException:
        os.unlink(copy)
        raise
    return copy


def place_of_digest(digest: str, algorithm: str = "MD5") -> str:
    name = digest_as_hex(digest)
    folder = "xxh128" if algorithm == "XXH128" else "md5"
    return os.path.join(cache_dir(), "artifacts", "obj", folder, name[:2], name[2:])


def place_of_etag(url: str, etag: str) -> str:
    parts = hashlib.sha256(url.encode()).digest() + hashlib.sha256(etag.encode()).digest()
    name = hashlib.sha256(parts).hexdigest()
    return os.path.join(cache_dir(), "artifacts", "obj", "etag", name[:2], name[2:])


def temporary_name(path: str) -> str:
    return f"{path}.{os.getpid()}-{threading.get_ident()}.part"


def take(place: str, destination: str, size: int | None, digest: str | None, algorithm: str) -> bool:
    """Copies a cached file to where it is wanted. False when it is not there, or not what it should be."""
    try:
        source: Any = open(place, "rb")
    except OSError:
        return False
    with source:
        if size is not None and os.fstat(source.fileno()).st_size != size:
            return False
        hasher = new_hasher(algorithm)
        temporary = temporary_name(destination)
        with open(temporary, "wb") as copy:
            while chunk := source.read(CHUNK_BYTES):
                hasher.update(chunk)
                copy.write(chunk)
    if digest is not None and base64.b64encode(hasher.digest()).decode() != digest:
        os.unlink(temporary)
        return False
    os.replace(temporary, destination)
    return True


def keep(path: str, place: str) -> None:
    """Puts a file into the cache, as a second name of it where the file system can.

    Whoever writes into the file then changes the cache as well, which take() finds out. A cache that cannot be written
    is no error: the file is where it was wanted.
    """
    temporary = temporary_name(place)
    try:
        try:
            os.link(path, temporary)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(place), exist_ok=True)
            os.link(path, temporary)
    except OSError:
        if not _copied(path, temporary):
            return
    os.replace(temporary, place)
    if os.path.exists(temporary):
        os.unlink(temporary)  # both names were of one file already


def _copied(path: str, temporary: str) -> bool:
    try:
        os.makedirs(os.path.dirname(temporary), exist_ok=True)
        shutil.copyfile(path, temporary)
    except OSError:
        return False
    return True
