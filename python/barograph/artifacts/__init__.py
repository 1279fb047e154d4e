"""Artifacts: named, versioned sets of files, known by the digest of their manifest."""

from __future__ import annotations

from barograph.artifacts.artifact import Artifact
from barograph.artifacts.errors import ArtifactFinalizedError, ArtifactNotLoggedError, ArtifactStatusError, WaitTimeoutError
from barograph.artifacts.manifest import ArtifactManifest, ArtifactManifestEntry
from barograph.artifacts.ttl import ArtifactTTL

__all__ = [
    "Artifact",
    "ArtifactFinalizedError",
    "ArtifactManifest",
    "ArtifactManifestEntry",
    "ArtifactNotLoggedError",
    "ArtifactStatusError",
    "ArtifactTTL",
    "WaitTimeoutError",
]
