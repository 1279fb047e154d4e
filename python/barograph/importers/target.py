"""target.py - writes runs to a server as a client does, and goes on where an earlier time ended.

A run's lines are counted by the server: those it has are not sent again. Files and artifacts are compared by digest.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, Iterable
from urllib.parse import quote

from barograph.errors import Error
from barograph.importers.archive import TABLE_TYPE, table_bytes
from barograph.importers.connection import Connection
from barograph.importers.model import Artifact, Project, Report, Run, SourceFile, md5_of

LINES_A_REQUEST, BYTES_A_REQUEST, TABLE_BYTES = 5000, 4 << 20, 16 << 20
RUNS_AT_ONCE, FILES_AT_ONCE, FILES_A_REQUEST = 2, 3, 200
EXIT_CODES = {"finished": 0, "failed": 1, "crashed": 1, "killed": 255}
_MADE_BY_SERVERS = re.compile(r"latest|v\d+")  # aliases
_UPSERT = """mutation Import($entity: String!, $project: String!, $name: String!, $displayName: String, $config: JSONString, $summary: JSONString,
    $tags: [String!], $notes: String, $group: String, $jobType: String, $commit: String) {
  upsertBucket(input: {entityName: $entity, modelName: $project, name: $name, displayName: $displayName, config: $config, summaryMetrics: $summary,
    tags: $tags, notes: $notes, groupName: $group, jobType: $jobType, commit: $commit}) { bucket { historyLineCount eventsLineCount state } } }"""
_FILES = """query Files($entity: String!, $project: String!, $run: String!, $after: String) { project(name: $project, entityName: $entity) {
  run(name: $run) { files(first: 500, after: $after) { edges { node { name md5 } } pageInfo { hasNextPage endCursor } } } } }"""
_CREATE_FILES = """mutation Create($entity: String!, $project: String!, $run: String!, $files: [String!]!) {
  createRunFiles(input: {entityName: $entity, projectName: $project, runName: $run, files: $files}) { files { name uploadUrl } } }"""
_CREATE_ARTIFACT = """mutation Create($input: CreateArtifactInput!) { createArtifact(input: $input) { artifact { id state versionIndex } } }"""
_CREATE_MANIFEST = """mutation Create($input: CreateArtifactManifestInput!) { createArtifactManifest(input: $input) {
  artifactManifest { id file { uploadUrl } } } }"""
_CREATE_ARTIFACT_FILES = """mutation Create($input: CreateArtifactFilesInput!) { createArtifactFiles(input: $input) {
  files { edges { node { name uploadUrl } } } } }"""
_COMMIT = "mutation Commit($id: ID!) { commitArtifact(input: {artifactID: $id}) { artifact { state } } }"
_VIEWS = """query Views($entity: String!, $project: String!, $after: String) { project(name: $project, entityName: $entity) {
  allViews(viewType: "runs", first: 50, after: $after) { edges { node { name spec displayName } } pageInfo { hasNextPage endCursor } } } }"""
_VIEW = """mutation View($entity: String!, $project: String!, $name: String, $type: String!, $displayName: String, $description: String, $spec: String) {
  upsertView(input: {entityName: $entity, projectName: $project, name: $name, type: $type, displayName: $displayName, description: $description,
    spec: $spec}) { view { id } } }"""


class Target:
    def __init__(self, connection: Connection, entity: str, project: str, progress: Any = None):
        self.connection, self.where = connection, {"entity": entity, "project": project}
        self.left: list[str] = []
        self.counts = {"runs": 0, "rows": 0, "files": 0, "artifacts": 0, "reports": 0}
        self._lock = threading.Lock()
        self._progress = progress or (lambda *_: None)

    def take(self, source: Project) -> None:
        """Some runs at a time; a failure of one ends the import, and given again it goes on."""
        with ThreadPoolExecutor(RUNS_AT_ONCE) as pool, ThreadPoolExecutor(FILES_AT_ONCE) as self._files:
            waiting: deque[tuple[str, Future[None]]] = deque()
            done = 0
            try:
                for run in source.runs():
                    waiting.append((run.name, pool.submit(self.take_run, run, self._begin_run(run))))
                    while len(waiting) > RUNS_AT_ONCE:
                        done = self._await_run(waiting, done, source)
                while waiting:
                    done = self._await_run(waiting, done, source)
                self._take_rest(source)
            except BaseException:
                for _, run_taken in waiting:
                    run_taken.cancel()
                raise

    def _await_run(self, waiting: "deque[tuple[str, Future[None]]]", done: int, source: Project) -> int:
        name, taken = waiting.popleft()
        taken.result()
        self._progress(done + 1, max(done + 1, source.run_count), name)
        return done + 1

    def _take_rest(self, source: Project) -> None:
        for artifact in source.artifacts():
            self._attempt(f"artifact {artifact.facts['name']}:v{artifact.facts['versionIndex']}", self.take_artifact, artifact)
        self._take_reports(source.reports())
        self.left += source.left

    def _count(self, what: str, more: int = 1) -> None:
        with self._lock:
            self.counts[what] += more

    def _attempt(self, what: str, do: Any, *arguments: Any) -> None:
        try:
            do(*arguments)
        except Error as error:
            self.left.append(f"{what}: {error}")

    # ---- runs ----

    def _begin_run(self, run: Run, summary: str | None = None) -> Any:
        facts = {name: run.facts.get(name) for name in ("displayName", "config", "tags", "notes", "group", "jobType", "commit")}
        return self.connection.graphql(_UPSERT, **self.where, name=run.name, summary=summary, **facts)["upsertBucket"]["bucket"]

    def take_run(self, run: Run, there: Any) -> None:
        files = self._send_files(run)
        sent = self._send_stream(run, "history", run.rows, there["historyLineCount"] or 0)
        sent += self._send_stream(run, "events", run.events, there["eventsLineCount"] or 0)
        for file in files:
            file.result()
        if run.facts.get("summaryMetrics"):
            self._begin_run(run, run.facts["summaryMetrics"])
        state = run.facts.get("state")
        if state in EXIT_CODES and (sent or there["state"] != state):
            self._post(run.name, {"complete": True, "exitcode": EXIT_CODES[state]})
        self._count("runs")

    def _stream_path(self, run: str) -> str:
        return f"/files/{quote(self.where['entity'])}/{quote(self.where['project'])}/{quote(run)}/file_stream"

    def _post(self, run: str, body: dict[str, Any]) -> None:
        self.connection.fetch("POST", self._stream_path(run), json.dumps(body).encode(), **{"Content-Type": "application/json"})

    def _send_stream(self, run: Run, stream: str, rows: Any, have: int) -> int:
        file = f"wandb-{stream}.jsonl"
        return self._send_tables(run.name, file, run.tables(stream, have), have) if run.tables else self._send_lines(run.name, file, rows(), have)

    def _send_tables(self, run: str, file: str, batches: Iterable[Any], have: int) -> int:
        """What was columns stays columns; our own servers take them so."""
        offset = have
        for batch in batches:
            rows = max(1, TABLE_BYTES // max(1, batch.nbytes // max(1, batch.num_rows)))
            for first in range(0, batch.num_rows, rows):
                piece = batch.slice(first, rows)
                self.connection.fetch("POST", f"{self._stream_path(run)}?file={file}&offset={offset}", table_bytes(piece), **{"Content-Type": TABLE_TYPE})
                offset += piece.num_rows
        self._count("rows", offset - have)
        return offset - have

    def _send_lines(self, run: str, file: str, rows: Iterable[dict[str, Any]], have: int) -> int:
        rows, offset = islice(rows, have, None), have
        batch: list[str] = []
        size = 0
        for row in rows:
            batch.append(json.dumps(row))
            size += len(batch[-1])
            if len(batch) == LINES_A_REQUEST or size > BYTES_A_REQUEST:
                self._post(run, {"files": {file: {"offset": offset, "content": batch}}})
                offset, batch, size = offset + len(batch), [], 0
        if batch:
            self._post(run, {"files": {file: {"offset": offset, "content": batch}}})
        self._count("rows", offset + len(batch) - have)
        return offset + len(batch) - have

    def _send_files(self, run: Run) -> list[Future[None]]:
        """Under way when this returns."""
        nodes = self.connection.pages(_FILES, "project", "run", "files", **self.where, run=run.name) if run.files else ()
        there = {node["name"]: node["md5"] for node in nodes}
        new = [file for file in run.files if not there.get(file.name) or there[file.name] != file.md5]
        sent = []
        for first in range(0, len(new), FILES_A_REQUEST):
            some = {file.name: file for file in new[first : first + FILES_A_REQUEST]}
            made = self.connection.graphql(_CREATE_FILES, **self.where, run=run.name, files=list(some))["createRunFiles"]["files"]
            for node in made:
                what = f"file {run.name}/{node['name']}"
                sent.append(self._files.submit(self._attempt, what, self._send_file, some[node["name"]], node["uploadUrl"], there.get(node["name"])))
        return sent

    def _send_file(self, file: SourceFile, url: str, md5: str | None) -> None:
        content = file.read()
        if md5 and md5 == md5_of(content):
            return
        self.connection.fetch("PUT", url, content)
        self._count("files")

    # ---- artifacts and reports ----

    def take_artifact(self, artifact: Artifact) -> None:
        facts = artifact.facts
        who = {"entityName": self.where["entity"], "projectName": self.where["project"], "runName": facts["runName"]}
        # The same names for the same version each time: what is there already is found again.
        client = hashlib.sha256(f"{facts['name']}:{facts['versionIndex']}:{facts['digest']}".encode()).hexdigest()[:32]
        sequence = hashlib.sha256(f"{self.where}{facts['name']}".encode()).hexdigest()[:32]
        made = self.connection.graphql(_CREATE_ARTIFACT, input={
            **who, "artifactTypeName": facts["type"], "artifactCollectionName": facts["name"], "digest": facts["digest"],
            "digestAlgorithm": "MANIFEST_MD5", "description": facts["description"], "metadata": facts["metadata"], "clientID": client,
            "sequenceClientID": sequence, "enableDigestDeduplication": True,
            "aliases": [{"artifactCollectionName": facts["name"], "alias": alias} for alias in facts["aliases"] if not _MADE_BY_SERVERS.fullmatch(alias)],
        })["createArtifact"]["artifact"]  # fmt: skip
        if made["state"] == "COMMITTED":
            return
        manifest = self.connection.graphql(_CREATE_MANIFEST, input={
            **who, "artifactID": made["id"], "name": "wandb_manifest.json", "digest": md5_of(artifact.manifest), "type": "FULL",
        })["createArtifactManifest"]["artifactManifest"]  # fmt: skip
        for _ in self._files.map(lambda file: self._send_artifact_file(file, made["id"], manifest["id"]), artifact.files):
            pass
        self.connection.fetch("PUT", manifest["file"]["uploadUrl"], artifact.manifest)
        self.connection.graphql(_COMMIT, id=made["id"])
        self._count("artifacts")

    def _send_artifact_file(self, file: SourceFile, artifact: str, manifest: str) -> None:
        content = file.read()
        node = self.connection.graphql(_CREATE_ARTIFACT_FILES, input={"storageLayout": "V2", "artifactFiles": [
            {"artifactID": artifact, "name": file.name, "md5": md5_of(content), "artifactManifestID": manifest},
        ]})["createArtifactFiles"]["files"]["edges"][0]["node"]  # fmt: skip
        if node["uploadUrl"]:
            self.connection.fetch("PUT", node["uploadUrl"], content)

    def _take_reports(self, reports: Iterable[Report]) -> None:
        there = None
        for report in reports:
            if there is None:
                there = {node["name"]: node for node in self.connection.pages(_VIEWS, "project", "allViews", **self.where)}
            known = there.get(report.facts["name"])
            if known and all(known[key] == report.facts[key] for key in known):
                continue
            names = ("name", "type", "displayName", "description", "spec")
            facts = {name: report.facts[name] for name in names}
            self._attempt(f"report {facts['displayName']}", lambda: self.connection.graphql(_VIEW, **self.where, **facts))
            self._count("reports")


def show_progress(number: int, of: int, name: str) -> None:
    if sys.stderr.isatty():
        filled = 30 * number // of
        end = "\n" if number == of else ""
        print(f"\r[{'#' * filled}{'.' * (30 - filled)}] {number} of {of} runs, {name:.30}\033[K", end=end, file=sys.stderr, flush=True)
