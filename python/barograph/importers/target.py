"""target.py - writes a project to a server, runs as a client does, and goes on where an earlier time ended.

A run's lines are counted by the server: those it has are not sent again. Files and artifacts are compared by digest.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, Iterable, Iterator
from urllib.parse import quote

from barograph.errors import Error
from barograph.importers.archive import TABLE_TYPE, table_bytes
from barograph.importers.connection import Connection
from barograph.importers.model import Artifact, Damaged, Project, Run, SourceFile, View, md5_of
from barograph.importers.server import COMMENTS, OWN_VIEW, discussions_of
from barograph.importers.target_artifacts import Artifacts, send_file

LINES_A_REQUEST, BYTES_A_REQUEST, TABLE_BYTES = 5000, 4 << 20, 16 << 20
RUNS_AT_ONCE, FILES_AT_ONCE, FILES_A_REQUEST = 2, 6, 200
# Of things that are told beside what clients say; alerts of a run come some at a time.
THINGS_A_REQUEST, COMMENTS_A_REQUEST, ALERTS_A_THING = 500, 100, 20
_CONSOLE_NAMES = {"line": "content", "level": "level", "label": "label", "timestamp": "ts"}  # as clients call them
EXIT_CODES = {"finished": 0, "failed": 1, "crashed": 1, "killed": 255}
_SAID = ("displayName", "config", "tags", "notes", "group", "jobType", "commit", "host", "program", "repo")
_ALERTS = "alerts { title text severity createdAt }"
_THERE = f"name historyLineCount eventsLineCount logLineCount state summaryMetrics createdAt heartbeatAt stoppedAt sweepName user {{ username }} {_ALERTS} " + " ".join(_SAID)
_UPSERT = """mutation Import($entity: String!, $project: String!, $name: String!, $displayName: String, $config: JSONString, $summary: JSONString,
    $tags: [String!], $notes: String, $group: String, $jobType: String, $commit: String, $host: String, $program: String, $repo: String) {
  upsertBucket(input: {entityName: $entity, modelName: $project, name: $name, displayName: $displayName, config: $config, summaryMetrics: $summary,
    tags: $tags, notes: $notes, groupName: $group, jobType: $jobType, commit: $commit, host: $host, jobProgram: $program, jobRepo: $repo}) { bucket { %s } } }""" % _THERE
_FIND = """query Find($entity: String!, $project: String!, $name: String!) { project(name: $project, entityName: $entity) { run(name: $name) { %s } } }""" % _THERE
_PLACE = "query Place($entity: String!, $project: String!) { viewer { admin } project(name: $project, entityName: $entity) { description } }"
_PROJECT = """mutation Project($entity: String!, $project: String!, $description: String) {
  upsertModel(input: {entityName: $entity, name: $project, description: $description}) { model { id } } }"""
_FILES = """query Files($entity: String!, $project: String!, $run: String!, $after: String) { project(name: $project, entityName: $entity) {
  run(name: $run) { files(first: 500, after: $after) { edges { node { name md5 } } pageInfo { hasNextPage endCursor } } } } }"""
_CREATE_FILES = """mutation Create($entity: String!, $project: String!, $run: String!, $files: [String!]!) {
  createRunFiles(input: {entityName: $entity, projectName: $project, runName: $run, files: $files}) { files { name uploadUrl } } }"""
_VIEWS = """query Views($entity: String!, $project: String!, $after: String) { project(name: $project, entityName: $entity) {
  allViews(first: 50, after: $after) { edges { node { id type name spec displayName description createdAt user { username } %s %s } }
    pageInfo { hasNextPage endCursor } } } }""" % (OWN_VIEW, COMMENTS)
_VIEW = """mutation View($entity: String!, $project: String!, $id: ID, $parent: ID, $name: String, $type: String!, $displayName: String, $description: String,
    $spec: String, $private: Boolean, $locked: Boolean, $coverUrl: String, $previewUrl: String) {
  upsertView(input: {entityName: $entity, projectName: $project, id: $id, parentId: $parent, name: $name, type: $type, displayName: $displayName,
    description: $description, spec: $spec, private: $private, locked: $locked, coverUrl: $coverUrl, previewUrl: $previewUrl}) { view { id } } }"""
_VIEW_WORDS = ("spec", "displayName", "description", "private", "locked", "coverUrl", "previewUrl")


class Target:
    def __init__(self, connection: Connection, entity: str, project: str, progress: Any = None):
        self.connection, self.where = connection, {"entity": entity, "project": project}
        self.left: list[str] = []
        self.counts = {"runs": 0, "rows": 0, "files": 0, "artifacts": 0, "views": 0, "sweeps": 0, "comments": 0}
        self._uses: list[tuple[str, dict[str, Any]]] = []
        self._origins: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._progress = progress or (lambda *_: None)

    def take(self, source: Project) -> None:
        """Some runs at a time; a failure of one ends the import, and given again it goes on."""
        with ThreadPoolExecutor(RUNS_AT_ONCE) as pool, ThreadPoolExecutor(FILES_AT_ONCE) as self._files:
            waiting: deque[tuple[str, Future[None]]] = deque()
            done = 0
            try:
                self._begin(source)
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

    def _begin(self, source: Project) -> None:
        """A description that is there stays. Only administrators may say who made what: from others it is not even compared."""
        there = self.connection.graphql(_PLACE, **self.where)
        self._names_users = bool(there["viewer"]["admin"])
        description = None if (there["project"] or {}).get("description") else source.description
        self.connection.graphql(_PROJECT, **self.where, description=description)

    def _await_run(self, waiting: "deque[tuple[str, Future[None]]]", done: int, source: Project) -> int:
        name, taken = waiting.popleft()
        taken.result()
        self._progress(done + 1, max(done + 1, source.run_count), name)
        return done + 1

    def _take_rest(self, source: Project) -> None:
        self._take_sweeps(source.sweeps())
        for some in _portions(piece for origin in self._origins for piece in _pieces_of(origin)):
            self._attempt("times of runs", self._import, {"runs": some})
        self._take_artifacts(source)
        self._take_views(source.views())
        if count := len(list(source.automations())):
            self.left.append(f"{count} automations: they call what the other server knew, with its secrets; they stand in the archive")
        self.left += source.left

    def _count(self, what: str, more: int = 1) -> None:
        with self._lock:
            self.counts[what] += more

    def _attempt(self, what: str, do: Any, *arguments: Any) -> None:
        try:
            do(*arguments)
        except Damaged:
            raise
        except Error as error:
            self.left.append(f"{what}: {error}")

    # ---- runs ----

    def _begin_run(self, run: Run) -> Any:
        """What the server has of it. A run that is as it should be is not touched: that would begin it anew."""
        found = (self.connection.graphql(_FIND, **self.where, name=run.name)["project"] or {}).get("run")
        if found and all(run.facts.get(name) is None or _same(run.facts[name], found[name]) for name in _SAID):
            return found
        return self._upsert(run)

    def _upsert(self, run: Run, summary: str | None = None) -> Any:
        facts = {name: run.facts.get(name) for name in _SAID}
        return self.connection.graphql(_UPSERT, **self.where, name=run.name, summary=summary, **facts)["upsertBucket"]["bucket"]

    def take_run(self, run: Run, there: Any) -> None:
        files = self._send_files(run)
        sent = self._send_stream(run, "history", run.rows, there["historyLineCount"] or 0)
        sent += self._send_stream(run, "events", run.events, there["eventsLineCount"] or 0)
        for file in files:
            file.result()
        summary = run.facts.get("summaryMetrics")
        if summary and (sent or not _same(summary, there["summaryMetrics"])):
            self._upsert(run, summary)
            sent += 1
        self._send_console(run, there["logLineCount"] or 0)
        state = run.facts.get("state")
        if state in EXIT_CODES and (sent or there["state"] != state):
            self._post(run.name, {"complete": True, "exitcode": EXIT_CODES[state]})
        with self._lock:
            self.counts["runs"] += 1
            self._uses += [(run.name, version) for version in run.facts.get("uses", ())]
            wanted, known = self._origin_of(run), {**there, "sweep": there["sweepName"], **_name_of(there["user"])}
            if sent or any(wanted[name] != known[name] for name in wanted if name != "alerts" or not _all_in(wanted[name], known[name])):
                self._origins.append(wanted)

    def _origin_of(self, run: Run) -> dict[str, Any]:
        """When it was made, heard last and ended, by whom, and what it raised. One that still runs has to be heard from to stay alive."""
        facts = run.facts
        said = {"name": run.name, "createdAt": facts.get("createdAt"), "sweep": facts.get("sweepName"), "alerts": facts.get("alerts") or None}
        if facts.get("state") in EXIT_CODES:
            said |= {"heartbeatAt": facts.get("heartbeatAt"), "stoppedAt": facts.get("stoppedAt")}
        if self._names_users:
            said["username"] = facts.get("username")
        return {name: value for name, value in said.items() if value is not None}

    def _made(self, facts: dict[str, Any], there: dict[str, Any]) -> dict[str, Any]:
        """Of a thing that is no run, what there is to say of its making."""
        said = {"createdAt": _instant(facts.get("createdAt"))} | ({"username": facts.get("username")} if self._names_users else {})
        return {name: value for name, value in said.items() if value is not None and value != there.get(name)}

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

    def _send_console(self, run: Run, have: int) -> None:
        """Lines keep their numbers, unless several writers used the same ones."""
        lines = list(run.console())
        numbers: list[int] = [line.get("number", -1) for line in lines]
        if -1 in numbers or any(later <= earlier for earlier, later in zip(numbers, numbers[1:])):
            numbers = list(range(len(lines)))
        offset, batch = have, list[str]()
        for number, line in zip(numbers, lines):
            if number < have:
                continue
            if number != offset + len(batch) or len(batch) == LINES_A_REQUEST:
                if batch:
                    self._post(run.name, {"files": {"output.log": {"offset": offset, "content": batch}}})
                offset, batch = number, []
            batch.append(json.dumps({_CONSOLE_NAMES[name]: value for name, value in line.items() if name in _CONSOLE_NAMES}))
        if batch:
            self._post(run.name, {"files": {"output.log": {"offset": offset, "content": batch}}})

    def _send_files(self, run: Run) -> list[Future[None]]:
        """Under way when this returns."""
        nodes = self.connection.pages(_FILES, "project", "run", "files", **self.where, run=run.name) if run.files else ()
        there = {node["name"]: node["md5"] for node in nodes}
        new = [file for file in run.files if not there.get(file.name) or there[file.name] != file.md5]
        # What is there already is looked at as well: an archive that was taken without a word is a good one.
        sent = [self._files.submit(file.check) for file in run.files if file.part and there.get(file.name) and there[file.name] == file.md5]
        for first in range(0, len(new), FILES_A_REQUEST):
            some = {file.name: file for file in new[first : first + FILES_A_REQUEST]}
            made = self.connection.graphql(_CREATE_FILES, **self.where, run=run.name, files=list(some))["createRunFiles"]["files"]
            for node in made:
                what = f"file {run.name}/{node['name']}"
                sent.append(self._files.submit(self._attempt, what, self._send_file, some[node["name"]], node["uploadUrl"], there.get(node["name"])))
        return sent

    def _send_file(self, file: SourceFile, url: str, md5: str | None) -> None:
        if file.part is None and file.open is None and md5 and md5 == md5_of(file.read()):
            return
        send_file(self.connection, url, file)
        self._count("files")

    # ---- what is beside runs ----

    def _take_artifacts(self, source: Project) -> None:
        artifacts = Artifacts(self.connection, self.where, self._files.map)
        made: list[dict[str, Any]] = []
        for artifact in source.artifacts():
            what = f"artifact {artifact.facts['name']}:v{artifact.facts['versionIndex']}"
            self._attempt(what, self._take_artifact, artifacts, artifact, made)
        for some in _portions(made):
            self._attempt("times of artifacts", self._import, {"artifacts": some})
        for facts in source.collections():
            self._attempt(f"collection {facts['name']}", artifacts.take_collection, facts)
        for run, version in self._uses:
            self._attempt(f"{run} used {version['name']}:v{version['versionIndex']}", artifacts.use, run, version)

    def _take_artifact(self, artifacts: Artifacts, artifact: Artifact, made: list[dict[str, Any]]) -> None:
        is_new, there = artifacts.take(artifact)
        self._count("artifacts", is_new)
        if change := self._made(artifact.facts, there):
            made.append({"id": there["id"], **change})

    def _take_sweeps(self, sweeps: Iterable[dict[str, Any]]) -> None:
        """Under their own names, which their runs tell afterwards."""
        for sweep in sweeps:
            self._attempt(f"sweep {sweep['name']}", lambda: self._count("sweeps", self._import({"sweeps": [sweep]})["sweeps"]))

    def _import(self, what: dict[str, Any]) -> Any:
        path = f"/api/import/{quote(self.where['entity'])}/{quote(self.where['project'])}"
        return json.loads(self.connection.fetch("POST", path, json.dumps(what).encode(), **{"Content-Type": "application/json"}))

    def _take_views(self, views: Iterable[View]) -> None:
        there: dict[tuple[str, str], Any] | None = None
        for view in views:
            if there is None:
                nodes = self.connection.pages(_VIEWS, "project", "allViews", **self.where)
                there = {(node["type"], node["name"]): {**node, **_name_of(node["user"]), "discussions": discussions_of(node["discussionThreads"], self._names_users)} for node in nodes}
            what = f"view {view.facts['displayName'] or view.facts['name']}"
            self._attempt(what, self._take_view, view.facts, there)

    def _take_view(self, facts: dict[str, Any], there: dict[tuple[str, str], Any]) -> None:
        known = there.get((facts["type"], facts["name"]))
        own = {name: facts[name] for name in ("name", "type", *_VIEW_WORDS) if facts.get(name) is not None}
        if known is None or any(known[name] != value for name, value in own.items()):
            parent = there.get(("runs", facts.get("parentName") or ""))
            asked = {**own, "id": known["id"] if known else None, "parent": parent["id"] if parent else None}
            made = self.connection.graphql(_VIEW, **self.where, **asked)["upsertView"]["view"]
            known = there[facts["type"], facts["name"]] = {"discussions": [], **(known or {}), **own, **made}
            self._count("views")
        if change := self._made(facts, known):
            self._import({"views": [{"id": known["id"], **change}]})
        self._take_discussions(known["id"], [thread for thread in facts.get("discussions", ()) if thread not in known["discussions"]])

    def _take_discussions(self, view: str, threads: list[dict[str, Any]]) -> None:
        """Some comments at a time: a thread that comes in parts is put together again."""
        parts, count = list[dict[str, Any]](), 0
        for thread in threads:
            said = {**thread, "resolvedBy": (thread["resolvedBy"] or {}).get("username")}
            for first in range(0, len(thread["comments"]), COMMENTS_A_REQUEST):
                some = thread["comments"][first : first + COMMENTS_A_REQUEST]
                if count + len(some) > COMMENTS_A_REQUEST:
                    self._say(view, parts)
                    parts, count = [], 0
                parts.append({**said, "comments": some})
                count += len(some)
        if parts:
            self._say(view, parts)

    def _say(self, view: str, threads: list[dict[str, Any]]) -> None:
        self._count("comments", self._import({"discussions": [{"view": view, "threads": threads}]})["comments"])


def _pieces_of(origin: dict[str, Any]) -> Iterator[dict[str, Any]]:
    alerts = origin.get("alerts", ())
    yield {name: value for name, value in origin.items() if name != "alerts"}
    for first in range(0, len(alerts), ALERTS_A_THING):
        yield {"name": origin["name"], "alerts": alerts[first : first + ALERTS_A_THING]}


def _portions(things: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    portion, size = list[dict[str, Any]](), 0
    for thing in things:
        length = len(json.dumps(thing))
        if portion and (len(portion) == THINGS_A_REQUEST or size + length > BYTES_A_REQUEST):
            yield portion
            portion, size = [], 0
        portion.append(thing)
        size += length
    if portion:
        yield portion


def _same(ours: Any, theirs: Any) -> bool:
    """JSON as text may be written in several ways."""
    if ours == theirs or not isinstance(ours, str) or not isinstance(theirs, str):
        return bool(ours == theirs)
    try:
        return bool(json.loads(ours) == json.loads(theirs))
    except ValueError:
        return False


def _name_of(user: Any) -> dict[str, Any]:
    return {"username": (user or {}).get("username")}


def _all_in(wanted: list[Any], known: list[Any]) -> bool:
    return all(each in known for each in wanted)


def _instant(text: str | None) -> str | None:
    """Some servers leave out that it is UTC."""
    return text if not text or text.endswith("Z") else f"{text}Z"


def show_progress(number: int, of: int, name: str) -> None:
    if sys.stderr.isatty():
        filled = 30 * number // of
        end = "\n" if number == of else ""
        print(f"\r[{'#' * filled}{'.' * (30 - filled)}] {number} of {of} runs, {name:.30}\033[K", end=end, file=sys.stderr, flush=True)
