"""record.py - an artifact as a run's log has it: a record of which the sender makes the upload.

The numbers are those of the official client's wandb_internal.proto, so its `wandb sync` sends our artifacts too.
"""

from __future__ import annotations

import gzip
import json
import os
import secrets
from typing import TYPE_CHECKING, Iterable

from barograph.artifacts import cache
from barograph.artifacts.manifest import POLICY, ArtifactManifest, ArtifactManifestEntry
from barograph.protobuf import integer, message, text
from barograph.util import json_friendly_val

if TYPE_CHECKING:
    from barograph.artifacts.artifact import Artifact
    from barograph.run import Run

RECORD_CONFIG, RECORD_ARTIFACT, RECORD_USE_ARTIFACT = 5, 8, 25
# Longer manifests lie in a file beside the log.
ENTRIES_IN_RECORD_MAX = 100_000


def artifact_record(
    run: Run,
    artifact: Artifact,
    aliases: Iterable[str],
    tags: Iterable[str],
    is_finalized: bool,
    is_user_created: bool,
    is_used_after: bool,
) -> bytes:
    body = b"".join(
        (
            text(1, run.id),
            text(2, run.project),
            text(3, run.entity),
            text(4, artifact.type),
            text(5, artifact.name.split(":")[0]),
            text(6, artifact.digest),
            text(7, artifact.description),
            text(8, json.dumps(json_friendly_val(artifact.metadata)) if artifact.metadata else None),
            _number(9, is_user_created),
            _number(10, is_used_after),
            *(message(11, alias.encode()) for alias in aliases),
            message(12, _manifest(artifact.manifest)),
            text(13, artifact.distributed_id),
            _number(14, is_finalized),
            text(15, artifact._client_id),
            text(16, artifact._sequence_client_id),
            text(17, artifact._base_id),
            _number(18, artifact._ttl_to_send()),
            *(message(19, tag.encode()) for tag in tags),
            text(20, artifact.digest_algorithm),
            _number(100, artifact.incremental),
        )
    )
    return message(RECORD_ARTIFACT, body)


def use_record(artifact: Artifact) -> bytes:
    return message(RECORD_USE_ARTIFACT, text(1, artifact.id) + text(2, artifact.type) + text(3, artifact.name))


def config_record(path: Iterable[str], value_json: str) -> bytes:
    """One value below nested keys of the run's config."""
    item = b"".join(message(2, key.encode()) for key in path) + message(16, value_json.encode())
    return message(RECORD_CONFIG, message(1, item))


def _number(field: int, value: int | bool | None) -> bytes:
    """Nothing for 0."""
    return integer(field, int(value)) if value else b""


def _manifest(manifest: ArtifactManifest) -> bytes:
    config = [message(3, text(1, key) + text(2, json.dumps(value))) for key, value in manifest.policy_config.items()]
    head = _number(1, manifest.version()) + text(2, POLICY)
    if len(manifest) > ENTRIES_IN_RECORD_MAX:
        return head + b"".join(config) + text(5, _manifest_file(manifest))
    entries = [message(4, _entry(manifest.entries[path])) for path in sorted(manifest.entries)]
    return head + b"".join(config) + b"".join(entries)


def _entry(entry: ArtifactManifestEntry) -> bytes:
    return b"".join(
        (
            text(1, entry.path),
            text(2, entry.digest),
            text(3, entry.ref),
            _number(4, entry.size),
            text(6, entry.local_path),
            text(7, entry.birth_artifact_id),
            _number(8, entry.skip_cache),
            *(message(16, text(1, key) + text(2, json.dumps(value))) for key, value in entry.extra.items()),
        )
    )


def _manifest_file(manifest: ArtifactManifest) -> str:
    folder = os.path.join(cache.staging_dir(), "artifact_manifests")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, f"{secrets.token_hex(12)}.manifest_contents.jl.gz")
    with gzip.open(path, "wt", compresslevel=1, encoding="utf-8") as file:
        for entry in manifest:
            file.write(json.dumps(entry.to_json()) + "\n")
    return path
