"""server.py - a project read from a server that speaks the official protocol: the official one, or another of ours."""

from __future__ import annotations

import json
from typing import Any, Iterable, Iterator

from barograph.errors import Error
from barograph.importers.connection import Connection
from barograph.importers.model import Artifact, Project, Run, SourceFile, View

PAGE_STEPS = 2000
_PAGE = "pageInfo { hasNextPage endCursor }"
_HEAD = "query Read($entity: String!, $project: String!, $after: String"
_PROJECT = "project(name: $project, entityName: $entity)"
_RUN = f"{_HEAD}, $run: String!) {{ {_PROJECT} {{ run(name: $run)"
RUN_FACTS = "name displayName state config summaryMetrics tags notes group jobType commit createdAt heartbeatAt stoppedAt sweepName historyLineCount"
_COUNT = f"{_HEAD}) {{ {_PROJECT} {{ runCount description }} }}"
_RUNS = f"{_HEAD}) {{ {_PROJECT} {{ runs(first: 50, after: $after, order: \"+created_at\") {{ edges {{ node {{ {RUN_FACTS} }} }} {_PAGE} }} }} }}"
# What only our own server has, or has by these names.
_OWN_RUN = "host program repo user { username } alerts { title text severity createdAt }"
_OWN_RUNS = _RUNS.replace(RUN_FACTS, f"{RUN_FACTS} {_OWN_RUN}")
_LAST = f"{_RUN} {{ historyKeys }} }} }}"
_ROWS = (
    f"{_HEAD}, $run: String!, $min: Int64!, $max: Int64!, $n: Int!) "
    f"{{ {_PROJECT} {{ run(name: $run) {{ history(minStep: $min, maxStep: $max, samples: $n) }} }} }}"
)
_EVENTS = f"{_RUN} {{ events(samples: 100000) }} }} }}"
_CONSOLE = f"{_RUN} {{ logLines(first: 10000, after: $after) {{ edges {{ node {{ number line level label timestamp }} }} {_PAGE} }} }} }} }}"
_FILES = f"{_RUN} {{ files(first: 500, after: $after) {{ edges {{ node {{ name md5 directUrl }} }} {_PAGE} }} }} }} }}"
_VERSION = "versionIndex artifactSequence { name project { name entityName } }"
_USES = f"{_RUN} {{ inputArtifacts(first: 50, after: $after) {{ edges {{ node {{ {_VERSION} }} }} {_PAGE} }} }} }} }}"
_ARTIFACT = """id digest description metadata versionIndex state createdAt ttlDurationSeconds historyStep tags { name } artifactType { name }
    artifactSequence { name } aliases { alias artifactCollection { name } } currentManifest { file { directUrl } }"""
_ARTIFACTS = f"{_RUN} {{ outputArtifacts(first: 50, after: $after) {{ edges {{ node {{ {_ARTIFACT} }} }} {_PAGE} }} }} }} }}"
# Also those that no run made, or one that is gone.
_SEQUENCES = f"{_HEAD}) {{ {_PROJECT} {{ artifactCollections(first: 50, after: $after) {{ edges {{ node {{ __typename name }} }} {_PAGE} }} }} }}"
_EVENTS_OF = "history(first: 1000) { edges { node { action detail createdAt username run { name } artifactCollection { name } } } }"
_VERSIONS = (
    f"{_HEAD}, $name: String!) {{ {_PROJECT} {{ artifactCollection(name: $name) {{ artifacts(first: 50, after: $after) {{ edges {{ node {{ {_ARTIFACT} "
    f"createdBy {{ ... on Run {{ name }} ... on User {{ username }} }} {_EVENTS_OF} }} }} {_PAGE} }} }} }} }}"
)
_ARTIFACT_FILES = f"query Files($id: ID!, $after: String) {{ artifact(id: $id) {{ files(first: 500, after: $after) {{ edges {{ node {{ name md5 directUrl }} }} {_PAGE} }} }} }}"
_VIEWS = f"{_HEAD}) {{ {_PROJECT} {{ allViews(first: 50, after: $after) {{ edges {{ node {{ id name displayName description type spec createdAt parentId }} }} {_PAGE} }} }} }}"
OWN_VIEW = "private locked coverUrl previewUrl"
COMMENTS = "discussionThreads { quote createdAt resolvedAt resolvedBy { username } comments { username importedAuthor body createdAt editedAt } }"
_OWN_VIEWS = _VIEWS.replace("parentId }", f"parentId {OWN_VIEW} user {{ username }} {COMMENTS} }}")
_SWEEPS = f"{_HEAD}) {{ {_PROJECT} {{ sweeps(first: 50, after: $after) {{ edges {{ node {{ name displayName description config state createdAt }} }} {_PAGE} }} }} }}"
_OWN_SWEEPS = _SWEEPS.replace("createdAt }", "createdAt user { username } }")
_AUTOMATIONS = f"""{_HEAD}) {{ {_PROJECT} {{ triggers {{ name description enabled createdAt createdBy {{ username }}
    scope {{ __typename ... on ArtifactSequence {{ name }} ... on ArtifactPortfolio {{ name }} ... on Project {{ name }} ... on Entity {{ name }} }}
    triggeringCondition {{ ... on FilterEventTriggeringCondition {{ eventType filter }} }}
    triggeredAction {{ __typename ... on GenericWebhookTriggeredAction {{ integration {{ ... on GenericWebhookIntegration {{ name urlEndpoint }} }} requestPayload }}
      ... on NotificationTriggeredAction {{ integration {{ ... on GenericWebhookIntegration {{ name urlEndpoint }} }} title message severity }} }} }} }} }}"""
_MEMBERS = f"artifactMemberships(first: 500) {{ edges {{ node {{ versionIndex aliases {{ alias }} artifact {{ {_VERSION} }} }} }} }}"
_COLLECTIONS = (
    f"{_HEAD}) {{ {_PROJECT} {{ artifactCollections(first: 50, after: $after) {{ edges {{ node {{ __typename name description tags {{ edges {{ node {{ name }} }} }} "
    f"defaultArtifactType {{ name }} {_MEMBERS} }} }} {_PAGE} }} }} }}"
)


def read_project(connection: Connection, entity: str, project: str, is_ours: bool = False) -> Project:
    return _Reading(connection, entity, project, is_ours).project


class _Reading:
    """What is read of one project, part by part, when it is asked for."""

    def __init__(self, connection: Connection, entity: str, project: str, is_ours: bool):
        self._connection, self._where, self._is_ours = connection, {"entity": entity, "project": project}, is_ours
        found = connection.graphql(_COUNT, after=None, **self._where)["project"]
        if found is None:
            raise Error(f"there is no project {entity}/{project}, or it may not be read with this key")
        self._names: list[str] = []
        self.project = Project(
            runs=self._runs, run_count=found["runCount"], artifacts=self._artifacts, views=self._views,
            sweeps=self._sweeps, collections=self._collections, automations=self._automations, description=found.get("description"),
        )  # fmt: skip

    def _offered(self, what: str, query: str, *path: str, **more: str) -> list[dict[str, Any]]:
        """Everything of a list, or a sentence that it could not be had."""
        try:
            return list(self._connection.pages(query, "project", *path, **self._where, **more))
        except Error as error:
            self.project.left.append(f"{what}: {error}")
            return []

    def _list_files(self, query: str, *path: str, **more: str) -> list[SourceFile]:
        return [_file(self._connection, node) for node in self._connection.pages(query, *path, **more)]

    # ---- runs ----

    def _runs(self) -> Iterator[Run]:
        self._names.clear()
        for facts in self._connection.pages(_OWN_RUNS if self._is_ours else _RUNS, "project", "runs", **self._where):
            _name_user(facts)
            here = {**self._where, "run": facts["name"]}
            self._names.append(facts["name"])
            facts["uses"] = [_version_of(node, self._where) for node in self._offered(f"{facts['name']}: what it used", _USES, "run", "inputArtifacts", run=facts["name"])]
            files = self._list_files(_FILES, "project", "run", "files", **here)
            yield Run(facts["name"], facts, _rows_of(self._connection, here), _events_of(self._connection, here), files, lambda name=facts["name"]: self._console(name))  # type: ignore[misc]

    def _console(self, run: str) -> Iterator[dict[str, Any]]:
        for node in self._offered(f"{run}: its console", _CONSOLE, "run", "logLines", run=run):
            yield {name: value for name, value in node.items() if value is not None}

    # ---- artifacts ----

    def _artifacts(self) -> Iterator[Artifact]:
        """By collection and number, so that they get these numbers again."""
        found = [(node["artifactSequence"]["name"], node["versionIndex"] or 0, name, node) for name, node in (self._versions() if self._is_ours else self._outputs())]
        for collection, index, name, node in sorted(found, key=lambda item: item[:2]):
            if node["state"] != "COMMITTED":
                continue
            facts = {key: node[key] for key in ("digest", "description", "metadata", "createdAt", "ttlDurationSeconds", "historyStep")}
            facts |= {"name": collection, "versionIndex": index, "type": node["artifactType"]["name"], "runName": name}
            # Aliases of portfolios stand with the portfolio.
            own = [alias for alias in node["aliases"] if (alias.get("artifactCollection") or {}).get("name", collection) == collection]
            facts["aliases"] = sorted(alias["alias"] for alias in own)
            facts["tags"] = sorted(tag["name"] for tag in node["tags"])
            if self._is_ours:
                facts |= {"username": (node["createdBy"] or {}).get("username"), "history": [_event_of(edge["node"]) for edge in node["history"]["edges"]]}
            manifest = self._connection.fetch("GET", node["currentManifest"]["file"]["directUrl"])
            # What is a reference lies elsewhere, and stays there.
            entries = json.loads(manifest)["contents"]
            elsewhere = {name for name, entry in entries.items() if "ref" in entry}
            files = [file for file in self._list_files(_ARTIFACT_FILES, "artifact", "files", id=node["id"]) if file.name not in elsewhere]
            for file in files:
                file.md5 = entries.get(file.name, {}).get("digest", file.md5)
            yield Artifact(facts, manifest, files)

    def _outputs(self) -> Iterator[tuple[str | None, dict[str, Any]]]:
        for name in self._names:
            for node in self._connection.pages(_ARTIFACTS, "project", "run", "outputArtifacts", **self._where, run=name):
                yield name, node

    def _versions(self) -> Iterator[tuple[str | None, dict[str, Any]]]:
        names = set(self._names)
        for collection in self._connection.pages(_SEQUENCES, "project", "artifactCollections", **self._where):
            if collection["__typename"] == "ArtifactSequence":
                for node in self._connection.pages(_VERSIONS, "project", "artifactCollection", "artifacts", **self._where, name=collection["name"]):
                    run = (node["createdBy"] or {}).get("name")
                    yield run if run in names else None, node

    def _collections(self) -> Iterator[dict[str, Any]]:
        for node in self._offered("descriptions and tags of collections, and portfolios", _COLLECTIONS, "artifactCollections"):
            facts = {"name": node["name"], "type": node["defaultArtifactType"]["name"], "description": node["description"]}
            facts["isPortfolio"] = node["__typename"] == "ArtifactPortfolio"
            facts["tags"] = sorted(edge["node"]["name"] for edge in node["tags"]["edges"])
            if facts["isPortfolio"]:
                facts["versions"] = [_link_of(edge["node"], self._where) for edge in node["artifactMemberships"]["edges"] if edge["node"]["artifact"]]
                facts["versions"].sort(key=lambda link: link["versionIndex"])
            yield facts

    # ---- sweeps, automations, views ----

    def _sweeps(self) -> list[dict[str, Any]]:
        return [_name_user(node) for node in self._offered("sweeps", _OWN_SWEEPS if self._is_ours else _SWEEPS, "sweeps")]

    def _automations(self) -> list[dict[str, Any]]:
        if not self._is_ours:
            return []
        return self._connection.graphql(_AUTOMATIONS, after=None, **self._where)["project"]["triggers"] or []

    def _views(self) -> Iterable[View]:
        nodes = self._offered("reports and workspaces", _OWN_VIEWS if self._is_ours else _VIEWS, "allViews")
        names = {node["id"]: node["name"] for node in nodes}
        for node in nodes:
            node["parentName"] = names.get(node.pop("parentId"))
            del node["id"]
            _name_user(node)
            if threads := node.pop("discussionThreads", None):
                node["discussions"] = discussions_of(threads)
        # A draft comes after the report that it is of. Times do not count: a server that took them in gave them others.
        return [View(node) for node in sorted(nodes, key=lambda node: (node["parentName"] is not None, node["type"], node["name"]))]


def _name_user(facts: dict[str, Any]) -> dict[str, Any]:
    if "user" in facts:
        facts["username"] = (facts.pop("user") or {}).get("username")
    return facts


def discussions_of(threads: list[dict[str, Any]], names_users: bool = False) -> list[dict[str, Any]]:
    """With the names of those who said it, wherever that was; or of the users who stand for it here."""
    for thread in threads:
        for comment in thread["comments"]:
            author = comment.pop("importedAuthor")
            if author is not None and not names_users:
                comment["username"] = author or None
    return threads


def _event_of(node: dict[str, Any]) -> dict[str, Any]:
    found = {**node, "run": (node["run"] or {}).get("name"), "collection": (node["artifactCollection"] or {}).get("name")}
    return {name: value for name, value in found.items() if value and name != "artifactCollection"}


def _version_of(node: dict[str, Any], where: dict[str, str]) -> dict[str, Any]:
    """Which version it is; of another project, with its name."""
    sequence = node["artifactSequence"]
    found = {"name": sequence["name"], "versionIndex": node["versionIndex"]}
    home = sequence.get("project") or {}
    if home and (home["entityName"], home["name"]) != (where["entity"], where["project"]):
        found |= {"entity": home["entityName"], "project": home["name"]}
    return found


def _link_of(node: dict[str, Any], where: dict[str, str]) -> dict[str, Any]:
    return {"versionIndex": node["versionIndex"] or 0, "aliases": sorted(alias["alias"] for alias in node["aliases"]), "version": _version_of(node["artifact"], where)}


def _file(connection: Connection, node: dict[str, Any]) -> SourceFile:
    url = node["directUrl"]
    return SourceFile(node["name"], lambda: connection.fetch("GET", url), node["md5"], lambda: connection.open("GET", url))


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
