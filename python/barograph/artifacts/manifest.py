"""manifest.py - what an artifact consists of, entry by entry, and the digests that name it."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Iterator
from urllib.parse import urlsplit

from barograph.artifacts.names import logical

if TYPE_CHECKING:
    from barograph.artifacts.artifact import Artifact

CHUNK_BYTES = 1 << 20
_HEADER = b"wandb-artifact-manifest-v1\n"
POLICY = "wandb-storage-policy-v1"
ARTIFACT_SCHEME = "wandb-artifact"


def new_hasher(algorithm: str) -> Any:
    if algorithm == "XXH128":
        try:
            import xxhash
        except ImportError as error:
            raise ImportError("XXH128 digests need the package xxhash: pip install xxhash") from error
        return xxhash.xxh3_128()
    return hashlib.md5(usedforsecurity=False)


def file_digest(path: str | os.PathLike[str], algorithm: str = "MD5") -> str:
    """The digest of a file's bytes in base 64, as manifests have it."""
    hasher = new_hasher(algorithm)
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            hasher.update(chunk)
    return base64.b64encode(hasher.digest()).decode()


def text_digest(text: str) -> str:
    return base64.b64encode(hashlib.md5(text.encode(), usedforsecurity=False).digest()).decode()


def digest_as_hex(digest: str) -> str:
    return base64.b64decode(digest).hex()


@dataclass
class ArtifactManifestEntry:
    """One file, or one reference to a file elsewhere."""

    path: str
    digest: str
    ref: str | None = None
    birth_artifact_id: str | None = None
    size: int | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    local_path: str | None = None
    skip_cache: bool = False
    _artifact: Artifact | None = field(default=None, repr=False, compare=False)
    _download_url: str | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.path = logical(self.path)
        if self.size is None and self.local_path:
            self.size = os.path.getsize(self.local_path)

    @property
    def name(self) -> str:
        """The entry's path; its older name."""
        return self.path

    @property
    def algorithm(self) -> str:
        return "XXH128" if self.extra.get("alg") == "XXH128" else "MD5"

    def parent_artifact(self) -> Artifact:
        """The artifact that holds the entry."""
        if self._artifact is None:
            raise NotImplementedError("this entry belongs to no artifact yet")
        return self._artifact

    def download(self, root: str | None = None, skip_cache: bool | None = None, executor: Any = None) -> str:
        """Brings the file below root, the artifact's own folder unless said, and answers its path."""
        from barograph.artifacts.download import download_entry

        return download_entry(self.parent_artifact(), self, root, skip_cache)

    def ref_target(self) -> str:
        """Where a reference leads."""
        if self.ref is None:
            raise ValueError(f"{self.path!r} is a file of the artifact, not a reference")
        return self.ref

    def ref_url(self) -> str:
        """An address under which another artifact can refer to this entry."""
        artifact_id = self.parent_artifact().id
        if artifact_id is None:
            raise ValueError(f"{self.path!r} can be referred to once its artifact was logged")
        return f"{ARTIFACT_SCHEME}://{base64.b64decode(artifact_id).hex()}/{self.path}"

    def referenced_artifact_id(self) -> str | None:
        """The id of the artifact that a reference into another artifact leads to."""
        if self.ref is None or urlsplit(self.ref).scheme != ARTIFACT_SCHEME:
            return None
        return base64.b64encode(bytes.fromhex(urlsplit(self.ref).netloc)).decode()

    def to_json(self) -> dict[str, Any]:
        """What a manifest says of the entry, with what only this machine knows."""
        told = self.in_manifest()
        told["path"] = self.path
        if self.local_path is not None:
            told["local_path"] = self.local_path
        told["skip_cache"] = self.skip_cache
        return told

    def in_manifest(self) -> dict[str, Any]:
        told: dict[str, Any] = {"digest": self.digest}
        optional = (
            ("ref", self.ref), ("birthArtifactID", self.birth_artifact_id), ("size", self.size), ("extra", self.extra)
        )  # fmt: skip
        told.update((name, value) for name, value in optional if value is not None and value != {})
        return told


class ArtifactManifest:
    """Entries by path. Its digest is the artifact's."""

    def __init__(self, storage_region: str | None = None, algorithm: str = "MD5") -> None:
        self.entries: dict[str, ArtifactManifestEntry] = {}
        self.policy_config: dict[str, Any] = {"storageLayout": "V2"}
        if storage_region is not None:
            self.policy_config["storageRegion"] = storage_region
        self.algorithm = algorithm

    @classmethod
    def version(cls) -> int:
        return 1

    @classmethod
    def from_manifest_json(cls, document: dict[str, Any], algorithm: str = "MD5") -> ArtifactManifest:
        if document.get("version") != cls.version():
            raise ValueError(f"manifests have version {cls.version()}, got {document.get('version')!r}")
        manifest = cls(algorithm=algorithm)
        manifest.policy_config = dict(document.get("storagePolicyConfig") or {})
        for path, told in (document.get("contents") or {}).items():
            manifest.entries[path] = ArtifactManifestEntry(
                path,
                told["digest"],
                ref=told.get("ref"),
                birth_artifact_id=told.get("birthArtifactID"),
                size=told.get("size"),
                extra=dict(told.get("extra") or {}),
            )
        return manifest

    def to_manifest_json(self) -> dict[str, Any]:
        return {
            "version": self.version(),
            "storagePolicy": POLICY,
            "storagePolicyConfig": self.policy_config,
            "contents": {path: entry.in_manifest() for path, entry in self.entries.items()},
        }

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[ArtifactManifestEntry]:
        return iter(self.entries.values())

    def digest(self) -> str:
        hasher = new_hasher(self.algorithm)
        hasher.update(_HEADER)
        for path in sorted(self.entries):
            hasher.update(f"{path}:{self.entries[path].digest}\n".encode())
        return str(hasher.hexdigest())

    def size(self) -> int:
        return sum(entry.size or 0 for entry in self)

    def add_entry(self, entry: ArtifactManifestEntry, overwrite: bool = False) -> None:
        before = self.entries.get(entry.path)
        if before is not None and before.digest != entry.digest and not overwrite:
            raise ValueError(f"{entry.path!r} is already in the artifact, with other content")
        self.entries[entry.path] = entry

    def remove_entry(self, entry: ArtifactManifestEntry) -> None:
        if self.entries.pop(entry.path, None) is None:
            raise FileNotFoundError(f"{entry.path!r} is not in the artifact")

    def get_entry_by_path(self, path: str) -> ArtifactManifestEntry | None:
        return self.entries.get(path)

    def get_entries_in_directory(self, directory: str) -> list[ArtifactManifestEntry]:
        return [entry for path, entry in self.entries.items() if path.startswith(f"{directory}/")]
