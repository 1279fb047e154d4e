"""files.py - Files: the files of a run, and File: one of them."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any, Mapping
from urllib.parse import urlsplit

from barograph.apis.attrs import Attrs
from barograph.apis.client import as_client
from barograph.apis.paginator import SizedPaginator

if TYPE_CHECKING:
    from barograph.apis.public.columns import Columns

FILE_FIELDS = "id name url(upload: $upload) directUrl sizeBytes mimetype updatedAt md5"
_FILES = """query RunFiles($project: String!, $entity: String!, $name: String!, $fileCursor: String, $fileLimit: Int = 50,
  $fileNames: [String] = [], $upload: Boolean = false, $pattern: String) {
  project(name: $project, entityName: $entity) { internalId run(name: $name) {
    fileCount
    files(names: $fileNames, after: $fileCursor, first: $fileLimit, pattern: $pattern) {
      edges { node { %s } cursor } pageInfo { endCursor hasNextPage } }
  } }
}""" % FILE_FIELDS


class Files(SizedPaginator["File"]):
    """The files of a run. Made by `Run.files`."""

    QUERY = _FILES
    CURSOR, LIMIT = "fileCursor", "fileLimit"

    def __init__(
        self,
        client: Any,
        run: Any,
        names: list[str] | None = None,
        per_page: int = 50,
        upload: bool = False,
        pattern: str | None = None,
    ) -> None:
        if names and pattern:
            raise ValueError("files are asked for by names or by a pattern, not by both")
        self.run = run
        self._names = list(names or ())
        variables = {
            "project": run.project,
            "entity": run.entity,
            "name": run.id,
            "fileNames": self._names,
            "upload": upload,
            "pattern": pattern,
        }
        super().__init__(client, variables, per_page)

    def _run_fields(self, response: dict[str, Any]) -> dict[str, Any]:
        return (response.get("project") or {}).get("run") or {}

    def connection(self, response: dict[str, Any]) -> dict[str, Any]:
        return self._run_fields(response).get("files") or {}

    def total(self, response: dict[str, Any]) -> int | None:
        return int(self._run_fields(response).get("fileCount") or 0)

    def convert(self, node: dict[str, Any]) -> File | None:
        is_missing = node.get("md5") == "0"  # asked for by name, and not there
        return None if is_missing else File(self.client, node, self.run)

    def __getitem__(self, index: Any) -> Any:
        try:
            return super().__getitem__(index)
        except IndexError:
            what = f"file {self._names[0]!r}" if len(self._names) == 1 else f"file number {index}"
            raise IndexError(f"run {'/'.join(self.run.path)} has no {what}") from None

    def __repr__(self) -> str:
        return f"<Files {'/'.join(self.run.path)} ({len(self)})>"


class File(Attrs):
    """A file of a run or of an artifact: name, url, direct_url, md5, mimetype, updated_at, size."""

    def __init__(self, client: Any, attrs: Mapping[str, Any], run: Any = None) -> None:
        super().__init__(dict(attrs))
        self.client = as_client(client)
        self.run = run

    @property
    def size(self) -> int:
        """Bytes."""
        return int(self._attrs.get("sizeBytes") or 0)

    @property
    def path_uri(self) -> str:
        """s3://bucket/path of a file that lies in S3; the address itself of a reference; empty otherwise."""
        address = self._attrs.get("directUrl") or ""
        if not address or address == self._attrs.get("url"):
            return address
        parts = urlsplit(address)
        host, path = parts.hostname or "", parts.path.lstrip("/")
        if host.startswith("s3.") or host.startswith("s3-"):
            return f"s3://{path}"
        if ".s3." in host or ".s3-" in host:
            return f"s3://{host.split('.s3')[0]}/{path}"
        return ""

    def download(
        self, root: str = ".", replace: bool = False, exist_ok: bool = False, api: Any = None
    ) -> io.TextIOWrapper:
        """Downloads the file to root/name and opens it.

        ValueError when it exists; replace=True fetches it again, exist_ok=True takes the one that is there.
        """
        path = _below(root, self.name)
        if os.path.exists(path) and not replace:
            if not exist_ok:
                raise ValueError(f"{path!r} exists; replace=True fetches it again, exist_ok=True leaves it")
            return open(path)
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        (api.client if api is not None else self.client).download(self.url, path)
        return open(path)

    def table_arrow(self) -> Columns:
        """The columns of a logged table's file: every Arrow library takes them, to_pandas() and to_polars() are at hand.

        Barograph's own, for files of runs. CommError when the server has no columns of it.
        """
        from barograph.data_types.table_columns import asked_for, table_columns

        if self.run is None:
            return asked_for(None)
        place = {"entity": self.run.entity, "project": self.run.project, "run": self.run.id, "path": self.name}
        return asked_for(table_columns(self.client, **place))

    def delete(self) -> None:
        """Deletes the file on the server."""
        document = """mutation DeleteFiles($files: [ID!]!, $projectId: Int) {
          deleteFiles(input: {files: $files, projectId: $projectId}) { success } }"""
        project = self.run.project_internal_id if self.run is not None else None
        self.client.query(document, {"files": [self._attrs["id"]], "projectId": project})

    def __repr__(self) -> str:
        return f"<File {self.name} ({self._attrs.get('mimetype')}) {_human(self.size)}>"


def _below(root: str, name: str) -> str:
    """root/name; ValueError for a name that would lead out of it."""
    path = os.path.join(root, *name.split("/"))
    if os.path.isabs(name) or not os.path.abspath(path).startswith(os.path.join(os.path.abspath(root), "")):
        raise ValueError(f"the file's name {name!r} leads out of {root!r}")
    return path


def _human(size: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.1f}{unit}"
        size /= 1024
    return f"{size:.1f}TiB"
