"""server.py - a project read from a server that speaks the official protocol: the official one, or another of ours."""

from __future__ import annotations

import json
from typing import Any, Iterator

from barograph.errors import Error
from barograph.importers.connection import Connection
from barograph.importers.model import Artifact, Project, Report, Run, SourceFile

PAGE_STEPS = 2000
_PAGE = "pageInfo { hasNextPage endCursor }"
_HEAD = "query Read($entity: String!, $project: String!, $after: String"
_PROJECT = "project(name: $project, entityName: $entity)"
RUN_FACTS = "name displayName state config summaryMetrics tags notes group jobType commit createdAt heartbeatAt sweepName historyLineCount"
_COUNT = f"{_HEAD}) {{ {_PROJECT} {{ runCount }} }}"
_RUNS = f"{_HEAD}) {{ {_PROJECT} {{ runs(first: 50, after: $after, order: \"+created_at\") {{ edges {{ node {{ {RUN_FACTS} }} }} {_PAGE} }} }} }}"
_LAST = f"{_HEAD}, $run: String!) {{ {_PROJECT} {{ run(name: $run) {{ historyKeys }} }} }}"
_ROWS = (
    f"{_HEAD}, $run: String!, $min: Int64!, $max: Int64!, $n: Int!) "
    f"{{ {_PROJECT} {{ run(name: $run) {{ history(minStep: $min, maxStep: $max, samples: $n) }} }} }}"
)
_EVENTS = f"{_HEAD}, $run: String!) {{ {_PROJECT} {{ run(name: $run) {{ events(samples: 100000) }} }} }}"
_FILES = f"{_HEAD}, $run: String!) {{ {_PROJECT} {{ run(name: $run) {{ files(first: 500, after: $after) {{ edges {{ node {{ name md5 sizeBytes directUrl }} }} {_PAGE} }} }} }} }}"
_ARTIFACTS = (
    f"{_HEAD}, $run: String!) {{ {_PROJECT} {{ run(name: $run) {{ outputArtifacts(first: 50, after: $after) {{ edges {{ node {{ id digest description "
    f"metadata versionIndex state createdAt artifactType {{ name }} artifactSequence {{ name }} aliases {{ alias }} currentManifest {{ file {{ directUrl }} }} }} }} {_PAGE} }} }} }} }}"
)
_ARTIFACT_FILES = f"query Files($id: ID!, $after: String) {{ artifact(id: $id) {{ files(first: 500, after: $after) {{ edges {{ node {{ name md5 sizeBytes directUrl }} }} {_PAGE} }} }} }}"
_REPORTS = f"{_HEAD}) {{ {_PROJECT} {{ allViews(viewType: \"runs\", first: 50, after: $after) {{ edges {{ node {{ name displayName description type spec createdAt }} }} {_PAGE} }} }} }}"


def read_project(connection: Connection, entity: str, project: str) -> Project:
    where = {"entity": entity, "project": project}
    found = connection.graphql(_COUNT, after=None, **where)["project"]
    if found is None:
        raise Error(f"there is no project {entity}/{project}, or it may not be read with this key")
    result = Project(runs=lambda: (), run_count=found["runCount"])
    names: list[str] = []

    def list_files(query: str, *path: str, **more: str) -> list[SourceFile]:
        nodes = connection.pages(query, *path, **more)
        return [_file(connection, node) for node in nodes]

    def runs() -> Iterator[Run]:
        names.clear()
        for facts in connection.pages(_RUNS, "project", "runs", **where):
            here = {**where, "run": facts["name"]}
            names.append(facts["name"])
            files = list_files(_FILES, "project", "run", "files", **here)
            yield Run(facts["name"], facts, _rows_of(connection, here), _events_of(connection, here), files)

    def artifacts() -> Iterator[Artifact]:
        found = []
        for name in names:
            for node in connection.pages(_ARTIFACTS, "project", "run", "outputArtifacts", **where, run=name):
                found.append((node["artifactSequence"]["name"], node["versionIndex"] or 0, name, node))
        for collection, index, name, node in sorted(found, key=lambda item: item[:2]):
            if node["state"] != "COMMITTED":
                continue
            facts = {key: node[key] for key in ("digest", "description", "metadata", "createdAt")}
            facts |= {"name": collection, "versionIndex": index, "type": node["artifactType"]["name"], "runName": name}
            facts["aliases"] = [alias["alias"] for alias in node["aliases"]]
            manifest = connection.fetch("GET", node["currentManifest"]["file"]["directUrl"])
            yield Artifact(facts, manifest, list_files(_ARTIFACT_FILES, "artifact", "files", id=node["id"]))

    def reports() -> Iterator[Report]:
        try:
            nodes = list(connection.pages(_REPORTS, "project", "allViews", **where))
        except Error as error:
            result.left.append(f"reports: {error}")
            return
        yield from map(Report, nodes)

    result.runs, result.artifacts, result.reports = runs, artifacts, reports
    return result


def _file(connection: Connection, node: dict[str, Any]) -> SourceFile:
    url = node["directUrl"]
    size = None if node["sizeBytes"] is None else int(node["sizeBytes"])
    return SourceFile(node["name"], lambda: connection.fetch("GET", url), node["md5"], size, lambda: connection.open("GET", url))


def _rows_of(connection: Connection, here: dict[str, Any]) -> Any:
    """All rows, a page of steps at a time, as the official client's scan asks."""

    def rows() -> Iterator[dict[str, Any]]:
        keys = connection.graphql(_LAST, after=None, **here)["project"]["run"]["historyKeys"]
        last = (keys or {}).get("lastStep", -1)
        for first in range(0, last + 1, PAGE_STEPS):
            answer = connection.graphql(_ROWS, after=None, **here, min=first, max=first + PAGE_STEPS, n=1_000_000)
            yield from map(json.loads, answer["project"]["run"]["history"])

    return rows


def _events_of(connection: Connection, here: dict[str, Any]) -> Any:
    return lambda: map(json.loads, connection.graphql(_EVENTS, after=None, **here)["project"]["run"]["events"] or [])
