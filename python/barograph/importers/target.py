"""target.py - writes runs to a server as a client does, and goes on where an earlier time ended.

A run's lines are counted by the server: those it has are not sent again. Files and artifacts are compared by digest.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from itertools import islice
from typing import Any, Iterable

from barograph.errors import Error
from barograph.importers.connection import Connection
from barograph.importers.model import Artifact, Project, Report, Run, SourceFile, md5_of

LINES_A_REQUEST, BYTES_A_REQUEST = 5000, 4 << 20
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
        self._progress = progress or (lambda *_: None)

    def take(self, source: Project) -> None:
        for number, run in enumerate(source.runs(), 1):
            self.take_run(run)
            self._progress(number, max(number, source.run_count), run.name)
        for artifact in source.artifacts():
            self._attempt(f"artifact {artifact.facts['name']}:v{artifact.facts['versionIndex']}", self.take_artifact, artifact)
        self._take_reports(source.reports())
        self.left += source.left

    def _attempt(self, what: str, do: Any, *arguments: Any) -> None:
        try:
            do(*arguments)
        except Error as error:
            self.left.append(f"{what}: {error}")

    # ---- runs ----

    def take_run(self, run: Run) -> None:
        facts = {name: run.facts.get(name) for name in ("displayName", "config", "tags", "notes", "group", "jobType", "commit")}
        there = self.connection.graphql(_UPSERT, **self.where, name=run.name, summary=None, **facts)["upsertBucket"]["bucket"]
        sent = self._send_lines(run.name, "wandb-history.jsonl", run.rows(), there["historyLineCount"] or 0)
        sent += self._send_lines(run.name, "wandb-events.jsonl", run.events(), there["eventsLineCount"] or 0)
        self._send_files(run)
        if run.facts.get("summaryMetrics"):
            self.connection.graphql(_UPSERT, **self.where, name=run.name, summary=run.facts["summaryMetrics"], **facts)
        state = run.facts.get("state")
        if state in EXIT_CODES and (sent or there["state"] != state):
            self._post(run.name, {"complete": True, "exitcode": EXIT_CODES[state]})
        self.counts["runs"] += 1

    def _post(self, run: str, body: dict[str, Any]) -> None:
        path = f"/files/{self.where['entity']}/{self.where['project']}/{run}/file_stream"
        self.connection.fetch("POST", path, json.dumps(body).encode(), **{"Content-Type": "application/json"})

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
        self.counts["rows"] += offset + len(batch) - have
        return offset + len(batch) - have

    def _send_files(self, run: Run) -> None:
        nodes = self.connection.pages(_FILES, "project", "run", "files", **self.where, run=run.name)
        there = {node["name"]: node["md5"] for node in nodes}
        for file in run.files:
            if there.get(file.name) and there[file.name] == file.md5:
                continue
            self._attempt(f"file {run.name}/{file.name}", self._send_file, run.name, file, there)

    def _send_file(self, run: str, file: SourceFile, there: dict[str, Any]) -> None:
        content = file.read()
        if there.get(file.name) == md5_of(content):
            return
        made = self.connection.graphql(_CREATE_FILES, **self.where, run=run, files=[file.name])["createRunFiles"]["files"]
        self.connection.fetch("PUT", made[0]["uploadUrl"], content)
        self.counts["files"] += 1

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
        for file in artifact.files:
            content = file.read()
            node = self.connection.graphql(_CREATE_ARTIFACT_FILES, input={"storageLayout": "V2", "artifactFiles": [
                {"artifactID": made["id"], "name": file.name, "md5": md5_of(content), "artifactManifestID": manifest["id"]},
            ]})["createArtifactFiles"]["files"]["edges"][0]["node"]  # fmt: skip
            if node["uploadUrl"]:
                self.connection.fetch("PUT", node["uploadUrl"], content)
        self.connection.fetch("PUT", manifest["file"]["uploadUrl"], artifact.manifest)
        self.connection.graphql(_COMMIT, id=made["id"])
        self.counts["artifacts"] += 1

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
            self.counts["reports"] += 1


def show_progress(number: int, of: int, name: str) -> None:
    if sys.stderr.isatty():
        filled = 30 * number // of
        end = "\n" if number == of else ""
        print(f"\r[{'#' * filled}{'.' * (30 - filled)}] {number} of {of} runs, {name:.30}\033[K", end=end, file=sys.stderr, flush=True)
