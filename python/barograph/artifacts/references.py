"""references.py - files that stay where they are: file, http, https, s3, gs, and entries of other artifacts.

An entry is stored with what the place says of the file now (a digest or an ETag), and is fetched only if the place
still says so.
"""

from __future__ import annotations

import os
import urllib.request
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Callable
from urllib.parse import parse_qsl, unquote, urlsplit

from barograph.artifacts import cache
from barograph.artifacts.manifest import ARTIFACT_SCHEME, CHUNK_BYTES, ArtifactManifestEntry, file_digest, text_digest

if TYPE_CHECKING:
    from barograph.artifacts.artifact import Artifact

OBJECTS_MAX = 10_000_000
TIMEOUT_S = 60
CLIENT_SCHEME = "wandb-client-artifact"
Entries = list[ArtifactManifestEntry]


def store(artifact: Artifact, uri: str, name: str | None, checksum: bool, max_objects: int | None) -> Entries:
    """The entries that a reference becomes: one, or one for each file of a folder or prefix."""
    limit = max_objects or OBJECTS_MAX
    entries: Entries = _handler(uri, _STORE, _store_unknown)(artifact, uri, name, checksum, limit)
    if len(entries) > limit:
        raise ValueError(f"{uri!r} has more than {limit} objects; max_objects raises the limit")
    return entries


def fetch(artifact: Artifact, entry: ArtifactManifestEntry, destination: str) -> None:
    """Writes what a reference leads to. FileNotFoundError when it is gone, ValueError when it is another by now."""
    _handler(entry.ref or "", _FETCH, _fetch_unknown)(artifact, entry, destination)


def _handler(uri: str, table: dict[str, Any], other: Callable[..., Any]) -> Callable[..., Any]:
    handler: Callable[..., Any] = table.get(urlsplit(uri).scheme, other)
    return handler


def _store_unknown(artifact: Artifact, uri: str, name: str | None, checksum: bool, limit: int) -> Entries:
    return [ArtifactManifestEntry(name or uri[len(urlsplit(uri).scheme) + 3 :], uri, ref=uri)]


def _fetch_unknown(artifact: Artifact, entry: ArtifactManifestEntry, destination: str) -> None:
    raise ValueError(f"{entry.ref!r} cannot be fetched: its scheme is not one of {', '.join(sorted(_FETCH))}")


# ---- file ----


def _local(uri: str) -> str:
    return urllib.request.url2pathname(unquote(urlsplit(uri).path)) if os.sep == "\\" else uri[len("file://") :]


def _store_file(artifact: Artifact, uri: str, name: str | None, checksum: bool, limit: int) -> Entries:
    path = _local(uri)

    def digest(file: str) -> str:
        return file_digest(file) if checksum else text_digest(Path(file).resolve().as_uri())

    if os.path.isfile(path):
        return [ArtifactManifestEntry(name or os.path.basename(path), digest(path), ref=uri, size=os.path.getsize(path))]
    if not os.path.isdir(path):
        raise ValueError(f"{uri!r} is neither a file nor a folder")
    entries: Entries = []
    for folder, _, files in os.walk(path):
        for file in files:
            whole = os.path.join(folder, file)
            inside = os.path.relpath(whole, path)
            entries.append(
                ArtifactManifestEntry(
                    os.path.join(name or "", inside), digest(whole), ref=os.path.join(uri, inside), size=os.path.getsize(whole)
                )
            )
            if len(entries) > limit:
                return entries
    return entries


def _fetch_file(artifact: Artifact, entry: ArtifactManifestEntry, destination: str) -> None:
    path = _local(entry.ref or "")
    if not os.path.exists(path):
        raise FileNotFoundError(f"{entry.path!r} refers to {path!r}, which is not there")
    if file_digest(path) != entry.digest:
        raise ValueError(f"{path!r} is not what {entry.path!r} referred to: its digest has changed")
    cache.take(path, destination, None, None, "MD5")


# ---- http ----


def _store_http(artifact: Artifact, uri: str, name: str | None, checksum: bool, limit: int) -> Entries:
    name = name or os.path.basename(urlsplit(uri).path) or urlsplit(uri).netloc
    if not checksum:
        return [ArtifactManifestEntry(name, uri, ref=uri)]
    with urllib.request.urlopen(uri, timeout=TIMEOUT_S) as answer:
        return [_http_entry(name, answer)]


def _http_entry(name: str, answer: Any) -> ArtifactManifestEntry:
    etag, length = answer.headers.get("ETag"), answer.headers.get("Content-Length")
    url = answer.geturl()
    return ArtifactManifestEntry(
        name,
        etag.strip('"') if etag else url,
        ref=url,
        size=int(length) if length else None,
        extra={"etag": etag} if etag else {},
    )


def _fetch_http(artifact: Artifact, entry: ArtifactManifestEntry, destination: str) -> None:
    place = cache.place_of_etag(entry.ref or "", entry.digest)
    if cache.take(place, destination, entry.size, None, "MD5"):
        return
    with urllib.request.urlopen(entry.ref or "", timeout=TIMEOUT_S) as answer:
        found = _http_entry(entry.path, answer).digest
        if found != entry.digest:
            raise ValueError(f"{entry.ref!r} has changed: it was {entry.digest!r}, now it is {found!r}")
        with open(f"{destination}.part", "wb") as file:
            while chunk := answer.read(CHUNK_BYTES):
                file.write(chunk)
    os.replace(f"{destination}.part", destination)
    cache.keep(destination, place)


# ---- s3 and gs: through the packages that know their credentials ----


def _bucket_and_key(uri: str) -> tuple[str, str, str | None]:
    parts = urlsplit(uri)
    version = dict(parse_qsl(parts.query)).get("versionId") or parts.fragment or None
    return parts.netloc, parts.path[1:], version


def _unchecked(uri: str, name: str | None) -> Entries:
    bucket, key, _ = _bucket_and_key(uri)
    plain = f"{urlsplit(uri).scheme}://{bucket}/{key}"
    return [ArtifactManifestEntry(name or key or bucket, plain, ref=plain)]


def _s3() -> Any:
    try:
        import boto3
    except ImportError as error:
        raise ImportError("s3:// references with a checksum need boto3: pip install boto3") from error
    region = os.environ.get("AWS_REGION")
    return boto3.session.Session().resource("s3", endpoint_url=os.environ.get("AWS_S3_ENDPOINT_URL"), region_name=region)


def _place_under(key: str, prefix: str, name: str | None, is_many: bool) -> tuple[str, str]:
    """The entry's path, and what follows the prefix in its address."""
    whole, start = PurePosixPath(key), PurePosixPath(prefix)
    if not is_many:
        return name or whole.name, ""
    inside = whole.relative_to(start) if prefix and whole != start else whole
    return str(PurePosixPath(name or "") / inside), str(inside)


def _join_uri(scheme: str, bucket: str, prefix: str, inside: str) -> str:
    return f"{scheme}://" + "/".join(part.strip("/") for part in (bucket, prefix, inside) if part)


def _store_s3(artifact: Artifact, uri: str, name: str | None, checksum: bool, limit: int) -> Entries:
    if not checksum:
        return _unchecked(uri, name)
    from botocore.exceptions import ClientError

    s3 = _s3()
    bucket, key, version = _bucket_and_key(uri)
    first = s3.ObjectVersion(bucket, key, version).Object() if version else s3.Object(bucket, key)
    is_many = key == ""
    if key:
        try:
            first.load()
            is_many = "x-directory" in (first.content_type or "")
        except ClientError as error:
            if error.response["Error"]["Code"] != "404":
                raise ConnectionError(f"cannot read {uri!r}: {error.response['Error']['Message']}") from error
            is_many = True
    objects = s3.Bucket(bucket).objects.filter(Prefix=key).limit(limit + 1) if is_many else [first]
    return [entry for item in objects if (entry := _s3_entry(s3, item, key, name, is_many)) is not None]


def _s3_entry(s3: Any, item: Any, prefix: str, name: str | None, is_many: bool) -> ArtifactManifestEntry | None:
    size = item.size if hasattr(item, "size") else item.content_length
    if not size:
        return None
    path, inside = _place_under(item.key, prefix, name, is_many)
    extra = {"etag": item.e_tag[1:-1]}
    version = getattr(item if hasattr(item, "version_id") else s3.Object(item.bucket_name, item.key), "version_id", None)
    if version and version != "null":
        extra["versionID"] = version
    ref = _join_uri("s3", item.bucket_name, prefix, inside)
    return ArtifactManifestEntry(path, extra["etag"], ref=ref, size=size, extra=extra)


def _fetch_s3(artifact: Artifact, entry: ArtifactManifestEntry, destination: str) -> None:
    place = cache.place_of_etag(entry.ref or "", entry.digest)
    if cache.take(place, destination, entry.size, None, "MD5"):
        return
    from botocore.exceptions import ClientError

    bucket, key, _ = _bucket_and_key(entry.ref or "")
    version = entry.extra.get("versionID")
    asked = {"Bucket": bucket, "Key": key, **({"VersionId": version} if version else {"IfMatch": entry.digest})}
    try:
        body = _s3().meta.client.get_object(**asked)["Body"]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("404", "NoSuchKey", "NoSuchVersion"):
            raise FileNotFoundError(f"{entry.path!r} refers to {entry.ref!r}, which is not there") from error
        if code in ("412", "PreconditionFailed"):
            raise ValueError(f"{entry.ref!r} is not what {entry.path!r} referred to: its ETag has changed") from error
        raise
    with open(f"{destination}.part", "wb") as file:
        for chunk in body.iter_chunks(CHUNK_BYTES):
            file.write(chunk)
    os.replace(f"{destination}.part", destination)
    cache.keep(destination, place)


def _gs() -> Any:
    try:
        from google.cloud import storage
    except ImportError as error:
        raise ImportError("gs:// references with a checksum need google-cloud-storage: pip install it") from error
    return storage.Client()


def _store_gs(artifact: Artifact, uri: str, name: str | None, checksum: bool, limit: int) -> Entries:
    if not checksum:
        return _unchecked(uri, name)
    client = _gs()
    bucket, key, version = _bucket_and_key(uri)
    one = client.bucket(bucket).get_blob(key, generation=version) if key else None
    blobs = [one] if one is not None else list(client.list_blobs(bucket, prefix=key, max_results=limit + 1))
    entries = []
    for blob in blobs:
        path, inside = _place_under(blob.name, key, name, one is None)
        entries.append(
            ArtifactManifestEntry(
                path,
                blob.md5_hash or blob.etag,
                ref=_join_uri("gs", bucket, key, inside),
                size=blob.size,
                extra={"versionID": blob.generation},
            )
        )
    return entries


def _fetch_gs(artifact: Artifact, entry: ArtifactManifestEntry, destination: str) -> None:
    place = cache.place_of_etag(entry.ref or "", entry.digest)
    if cache.take(place, destination, entry.size, None, "MD5"):
        return
    bucket, key, _ = _bucket_and_key(entry.ref or "")
    blob = _gs().bucket(bucket).get_blob(key, generation=entry.extra.get("versionID"))
    if blob is None:
        raise FileNotFoundError(f"{entry.path!r} refers to {entry.ref!r}, which is not there")
    if entry.digest not in (blob.md5_hash, blob.etag):
        raise ValueError(f"{entry.ref!r} is not what {entry.path!r} referred to: its digest has changed")
    blob.download_to_filename(destination)
    cache.keep(destination, place)


# ---- entries of other artifacts ----


def _store_artifact(artifact: Artifact, uri: str, name: str | None, checksum: bool, limit: int) -> Entries:
    """Whatever the other artifact's own entry refers to, this one refers to as well, so chains stay short."""
    parts = urlsplit(uri)
    path = unquote(parts.path[1:])
    if parts.scheme == CLIENT_SCHEME:
        other = artifact._of_this_process(parts.netloc)
        entry = other.manifest.entries[path]
        ref = f"{CLIENT_SCHEME}://{other._client_id}/{path}"
    else:
        other = artifact._by_id(ArtifactManifestEntry("x", "", ref=uri).referenced_artifact_id() or "")
        entry = other.manifest.entries[path]
        while (deeper := entry.referenced_artifact_id()) is not None:
            other = artifact._by_id(deeper)
            entry = other.manifest.entries[urlsplit(entry.ref or "").path[1:]]
        entry._artifact = other
        ref = entry.ref_url()
    return [ArtifactManifestEntry(name or os.path.basename(path), entry.digest, ref=ref, size=0)]


def _fetch_artifact(artifact: Artifact, entry: ArtifactManifestEntry, destination: str) -> None:
    from barograph.artifacts.download import write_entry

    other = artifact._by_id(entry.referenced_artifact_id() or "")
    target = other.manifest.entries[unquote(urlsplit(entry.ref or "").path[1:])]
    write_entry(other, target, destination, None)


_STORE: dict[str, Any] = {
    "file": _store_file,
    "gs": _store_gs,
    "http": _store_http,
    "https": _store_http,
    "s3": _store_s3,
    ARTIFACT_SCHEME: _store_artifact,
    CLIENT_SCHEME: _store_artifact,
}
_FETCH: dict[str, Any] = {
    "file": _fetch_file,
    "gs": _fetch_gs,
    "http": _fetch_http,
    "https": _fetch_http,
    "s3": _fetch_s3,
    ARTIFACT_SCHEME: _fetch_artifact,
}
