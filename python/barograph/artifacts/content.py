"""content.py - the half of an artifact that is its files: adding, removing, finding and downloading them."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Callable, Iterator, TypeVar
from urllib.parse import unquote, urlsplit

from barograph.artifacts import cache, references
from barograph.artifacts.download import download_all
from barograph.artifacts.errors import ArtifactFinalizedError, ArtifactNotLoggedError
from barograph.artifacts.manifest import ArtifactManifest, ArtifactManifestEntry, file_digest
from barograph.artifacts.names import logical, place_in

if TYPE_CHECKING:
    from barograph.artifacts.artifact import Artifact

HASHING_THREADS = 8
METHODS = {"MD5": "MANIFEST_MD5", "XXH128": "MANIFEST_XXH128"}
_Method = TypeVar("_Method", bound=Callable[..., Any])


def while_open(method: _Method) -> _Method:
    """For what changes the content: refused once the artifact is finalized."""
    import functools

    @functools.wraps(method)
    def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self._is_final:
            raise ArtifactFinalizedError(f"Artifact.{method.__name__}", self)
        return method(self, *args, **kwargs)

    return checked  # type: ignore[return-value]


def once_logged(method: _Method) -> _Method:
    """For what only a server knows."""
    import functools

    @functools.wraps(method)
    def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.is_draft():
            raise ArtifactNotLoggedError(f"Artifact.{method.__name__}", self)
        return method(self, *args, **kwargs)

    return checked  # type: ignore[return-value]


class ArtifactContent:
    """Files and references by path. What is added is hashed at once, and copied unless its policy is immutable."""

    def __init__(self, storage_region: str | None, digest_algorithm: str) -> None:
        self._algorithm = "XXH128" if digest_algorithm in ("XXH128", "MANIFEST_XXH128") else "MD5"
        self._manifest: ArtifactManifest | None = ArtifactManifest(storage_region, self._algorithm)
        self._is_final = False
        self._own_folder: tempfile.TemporaryDirectory[str] | None = None
        self._objects: dict[int, tuple[Any, ArtifactManifestEntry]] = {}
        self._entries_of_files: dict[str, ArtifactManifestEntry] = {}
        self._roots: set[str] = set()

    def is_draft(self) -> bool:
        """Whether no server has it yet."""
        raise NotImplementedError

    @property
    def manifest(self) -> ArtifactManifest:
        """What the artifact consists of."""
        if self._manifest is None:
            self._manifest = self._fetched_manifest()
        return self._manifest

    def _fetched_manifest(self) -> ArtifactManifest:
        raise NotImplementedError

    @property
    def digest_algorithm(self) -> str:
        """How files are hashed: MANIFEST_MD5 or MANIFEST_XXH128."""
        return METHODS[self._algorithm]

    def finalize(self) -> None:
        """No more changes of the content."""
        self._is_final = True

    # ---- adding ----

    @contextlib.contextmanager
    def new_file(
        self, name: str, mode: str = "x", encoding: str | None = None, policy: str = "mutable"
    ) -> Iterator[IO[Any]]:
        """A file to write into; it is in the artifact when the block ends."""
        if self._is_final:
            raise ArtifactFinalizedError("Artifact.new_file", self)
        name = logical(name)
        path = place_in(self._folder(), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        try:
            with open(path, mode, encoding=encoding) as file:
                yield file
        except FileExistsError:
            raise ValueError(f"{name!r} is already in the artifact; mode 'w' replaces it") from None
        self.add_file(path, name=name, policy=policy, skip_cache=True, overwrite="x" not in mode)

    def _folder(self) -> str:
        if self._own_folder is None:
            self._own_folder = tempfile.TemporaryDirectory(prefix="barograph-artifact-")
        return self._own_folder.name

    @while_open
    def add_file(
        self,
        local_path: str | os.PathLike[str],
        name: str | None = None,
        is_tmp: bool | None = False,
        skip_cache: bool | None = False,
        policy: str | None = "mutable",
        overwrite: bool = False,
    ) -> ArtifactManifestEntry:
        """Adds a file. is_tmp names it after its content; policy 'immutable' promises that nobody changes it."""
        if not os.path.isfile(local_path):
            raise ValueError(f"{os.fspath(local_path)!r} is not a file")
        path = logical(name or os.path.basename(local_path))
        digest = file_digest(local_path, self._algorithm)
        if is_tmp:
            folder, base = os.path.split(path)
            parts = [base64.b64decode(digest).hex()[:20], *base.split(".")[1:]]
            path = logical(os.path.join(folder, ".".join(parts)))
        return self._add_local(path, local_path, digest, skip_cache, policy, overwrite)

    @while_open
    def add_dir(
        self,
        local_path: str | os.PathLike[str],
        name: str | None = None,
        skip_cache: bool | None = False,
        policy: str | None = "mutable",
        merge: bool = False,
    ) -> None:
        """Adds all files of a folder, links followed. merge lets them replace what is there."""
        if not os.path.isdir(local_path):
            raise ValueError(f"{os.fspath(local_path)!r} is not a folder")
        found: list[tuple[str, str]] = []
        for folder, _, files in os.walk(local_path, followlinks=True):
            for file in files:
                whole = os.path.join(folder, file)
                found.append((os.path.join(name or "", os.path.relpath(whole, local_path)), whole))
        with ThreadPoolExecutor(HASHING_THREADS) as pool:
            digests = list(pool.map(lambda pair: file_digest(pair[1], self._algorithm), found))
            list(
                pool.map(
                    lambda item: self._add_local(item[0][0], item[0][1], item[1], skip_cache, policy, merge),
                    zip(found, digests),
                )
            )

    def _add_local(
        self,
        path: str,
        local_path: str | os.PathLike[str],
        digest: str,
        skip_cache: bool | None,
        policy: str | None,
        overwrite: bool,
    ) -> ArtifactManifestEntry:
        if policy not in (None, "mutable", "immutable"):
            raise ValueError(f"a policy is mutable or immutable, got {policy!r}")
        source = os.fspath(local_path) if policy == "immutable" else cache.staged_copy(local_path)
        entry = ArtifactManifestEntry(
            path,
            digest,
            local_path=source,
            skip_cache=bool(skip_cache),
            extra={"alg": "XXH128"} if self._algorithm == "XXH128" else {},
        )
        self.manifest.add_entry(entry, overwrite)
        self._entries_of_files[os.fspath(local_path)] = entry
        return entry

    @while_open
    def add_reference(
        self,
        uri: ArtifactManifestEntry | str,
        name: str | os.PathLike[str] | None = None,
        checksum: bool = True,
        max_objects: int | None = None,
    ) -> list[ArtifactManifestEntry]:
        """Adds a file that stays where it is: file, http, https, s3, gs, or an entry of another artifact.

        Without a checksum the place is not asked what it holds. A folder or prefix becomes an entry for each file.
        """
        address = uri.ref_url() if isinstance(uri, ArtifactManifestEntry) else str(uri)
        if not urlsplit(address).scheme:
            raise ValueError(f"a reference is an address with a scheme, file:// for local files, got {address!r}")
        inside = logical(name) if name is not None else None
        entries = references.store(self, address, inside, checksum, max_objects)  # type: ignore[arg-type]
        for entry in entries:
            self.manifest.add_entry(entry)
        return entries

    @while_open
    def add(self, obj: Any, name: str | os.PathLike[str], overwrite: bool = False) -> ArtifactManifestEntry:
        """Adds a table, an image or another data type, with the files it needs."""
        from barograph.data_types import WBValue

        if not isinstance(obj, WBValue) or not obj.can_be_added:
            raise TypeError(f"only data types can be added to an artifact, got {type(obj).__name__}; add_file() takes files")
        known = self._objects.get(id(obj))
        if known is not None:
            return known[1]
        path = logical(name)
        address = obj._get_artifact_entry_ref_url()
        if address is not None:
            return self.add_reference(address, type(obj).with_suffix(path))[0]
        told = obj.to_json(self)
        is_named_by_content = path.startswith("media/tables")
        path = type(obj).with_suffix(path)
        before = self.manifest.get_entry_by_path(path)
        if before is not None and not overwrite:
            return before
        entry = self._add_json(path, told, is_named_by_content, overwrite)
        self._objects[id(obj)] = (obj, entry)
        if obj._artifact_target is None:
            obj._set_artifact_target(self, entry.path)  # type: ignore[arg-type]
        return entry

    def _add_json(self, path: str, told: Any, is_named_by_content: bool, overwrite: bool) -> ArtifactManifestEntry:
        place = place_in(self._folder(), path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "w", encoding="utf-8") as file:
            json.dump(told, file, sort_keys=True)
        return self.add_file(place, path, is_named_by_content, skip_cache=not is_named_by_content, overwrite=overwrite)

    @while_open
    def remove(self, item: str | os.PathLike[str] | ArtifactManifestEntry) -> None:
        """Takes out an entry, or all entries of a folder."""
        if isinstance(item, ArtifactManifestEntry):
            self.manifest.remove_entry(item)
            return
        path = logical(item)
        entry = self.manifest.get_entry_by_path(path)
        entries = [entry] if entry is not None else self.manifest.get_entries_in_directory(path)
        if not entries:
            raise FileNotFoundError(f"{path!r} is not in the artifact")
        for each in entries:
            self.manifest.remove_entry(each)

    # ---- finding ----

    def __getitem__(self, name: str) -> Any:
        return self.get(name)

    def __setitem__(self, name: str, item: Any) -> ArtifactManifestEntry:
        return self.add(item, name)

    @once_logged
    def get_entry(self, name: str | os.PathLike[str]) -> ArtifactManifestEntry:
        """The entry of that path, or of the data type of that name. KeyError when there is none."""
        path = logical(name)
        entry = self.manifest.entries.get(path) or self._object_entry(path)[0]
        if entry is None:
            raise KeyError(f"{path!r} is not in the artifact")
        entry._artifact = self  # type: ignore[assignment]
        return entry

    def get_path(self, name: str | os.PathLike[str]) -> ArtifactManifestEntry:
        """The older name of get_entry."""
        return self.get_entry(name)

    @once_logged
    def get(self, name: str) -> Any:
        """The data type of that name, as it was added; None when there is none."""
        entry, kind = self._object_entry(name)
        if entry is None or kind is None:
            return None
        other = entry.referenced_artifact_id()
        if other is not None:
            return self._by_id(other).get(unquote(urlsplit(entry.ref or "").path[1:]))
        entry._artifact = self  # type: ignore[assignment]
        if kind.is_read_late:
            found = kind._of_artifact(self, entry.path, lambda: self._read_object(entry, kind))
        else:
            found = kind.from_json(self._read_object(entry, kind), self)
        found._set_artifact_source(self, name)
        return found

    def _read_object(self, entry: ArtifactManifestEntry, kind: Any) -> Any:
        if kind.reads_all_files:
            self.download()
        with open(entry.download(), encoding="utf-8") as file:
            return json.load(file)

    def _object_entry(self, name: str) -> tuple[ArtifactManifestEntry | None, Any]:
        from barograph.data_types import WBValue

        for kind in WBValue.type_mapping().values():
            entry = self.manifest.entries.get(kind.with_suffix(name))
            if entry is not None:
                return entry, kind
        return None, None

    def get_added_local_path_name(self, local_path: str) -> str | None:
        """The path in the artifact of a file that was added."""
        entry = self._entries_of_files.get(local_path)
        return entry.path if entry is not None else None

    def _by_id(self, artifact_id: str) -> Artifact:
        raise NotImplementedError

    # ---- downloading ----

    def _default_root(self, include_version: bool = True) -> str:
        raise NotImplementedError

    def _download_root(self, root: str | os.PathLike[str] | None) -> str:
        folder = os.fspath(root) if root is not None else self._default_root()
        self._roots.add(os.path.abspath(folder))
        return folder

    def _local_path_to_name(self, file_path: str) -> str | None:
        """The entry's path of a file that was downloaded."""
        whole = Path(os.path.abspath(file_path))
        for folder in whole.parents:
            if str(folder) in self._roots:
                return whole.relative_to(folder).as_posix()
        return None

    @once_logged
    def download(
        self,
        root: str | os.PathLike[str] | None = None,
        allow_missing_references: bool = False,
        skip_cache: bool | None = None,
        path_prefix: str | os.PathLike[str] | None = None,
        multipart: bool | None = None,
    ) -> str:
        """Brings all files, or those whose path begins with path_prefix, below root; answers root.

        Files that are there already, with the right content, stay. Each file is held against its digest.
        """
        folder = self._download_root(root)
        prefix = os.fspath(path_prefix) if path_prefix is not None else None
        return download_all(self, folder, allow_missing_references, skip_cache, prefix, multipart)  # type: ignore[arg-type]

    @once_logged
    def checkout(self, root: str | None = None) -> str:
        """Like download, and files below root that the artifact does not have are removed."""
        folder = root or self._default_root(include_version=False)
        for whole in self._strangers(folder):
            os.remove(whole)
        return self.download(root=folder)

    def _strangers(self, root: str) -> Iterator[str]:
        for folder, _, files in os.walk(root):
            for file in files:
                whole = os.path.join(folder, file)
                if Path(os.path.relpath(whole, root)).as_posix() not in self.manifest.entries:
                    yield whole

    @once_logged
    def verify(self, root: str | None = None) -> None:
        """ValueError unless root holds exactly the artifact's files. References are not looked at."""
        folder = root or self._default_root()
        for whole in self._strangers(folder):
            raise ValueError(f"{whole!r} is not a file of the artifact")
        for entry in self.manifest:
            if entry.ref is None and file_digest(place_in(folder, entry.path), entry.algorithm) != entry.digest:
                raise ValueError(f"{entry.path!r} has another digest than the artifact says")

    @once_logged
    def file(self, root: str | None = None) -> str:
        """Downloads the only file; ValueError when there are more."""
        if len(self.manifest) != 1:
            raise ValueError(f"the artifact has {len(self.manifest)} files; download() brings all, get_entry(path) finds one")
        (entry,) = self.manifest
        entry._artifact = self  # type: ignore[assignment]
        return entry.download(root)
