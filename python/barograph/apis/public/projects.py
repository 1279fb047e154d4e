"""projects.py - Projects: those of an entity, and Project: one of them."""

from __future__ import annotations

import json
from typing import Any, Mapping
from urllib.parse import quote

from barograph.apis.attrs import Attrs, frame
from barograph.apis.client import ApiError, as_client
from barograph.apis.paginator import Paginator, SizedPaginator

PROJECT_FIELDS = """__typename id name entityName createdAt isBenchmark description access
  user { id name username email }"""
_PROJECTS = """query GetProjects($entity: String, $cursor: String, $perPage: Int = 50) {
  models(entityName: $entity, after: $cursor, first: $perPage) {
    edges { node { %s } cursor } pageInfo { endCursor hasNextPage } }
}""" % PROJECT_FIELDS
_PROJECT = """query GetProject($entity: String, $name: String) { project(name: $name, entityName: $entity) { %s } }""" % (
    PROJECT_FIELDS
)
_SWEEPS = """query GetSweeps($project: String!, $entity: String!, $cursor: String, $perPage: Int = 50%s) {
  project(name: $project, entityName: $entity) { totalSweeps
    sweeps(after: $cursor, first: $perPage%s) {
      edges { node { name } cursor } pageInfo { endCursor hasNextPage } }
  }
}"""


class Projects(Paginator["Project"]):
    """The projects of an entity, newest first. Made by `Api.projects`."""

    QUERY = _PROJECTS

    def __init__(self, client: Any, entity: str, per_page: int = 50) -> None:
        self.entity = entity
        super().__init__(client, {"entity": entity}, per_page)

    def connection(self, response: dict[str, Any]) -> dict[str, Any]:
        if response.get("models") is None:
            raise ApiError(f"Could not find entity {self.entity}")
        models: dict[str, Any] = response["models"]
        return models

    def convert(self, node: dict[str, Any]) -> Project:
        return Project(self.client, self.entity, node["name"], node)

    @property
    def length(self) -> None:
        """Servers do not say how many projects there are: None."""
        return None

    def __repr__(self) -> str:
        return f"<Projects {self.entity}>"


class Project(Attrs):
    """Runs that belong together. Its fields are fetched when one is asked for."""

    def __init__(self, client: Any, entity: str, project: str, attrs: Mapping[str, Any]) -> None:
        super().__init__(dict(attrs))
        self.client = as_client(client)
        self.entity = entity
        self.name = project
        self._is_loaded = bool(attrs)

    def _load(self) -> None:
        if not self._is_loaded:
            data = self.client.query(_PROJECT, {"name": self.name, "entity": self.entity})
            if data.get("project") is None:
                raise ApiError(f"Could not find project {self.entity}/{self.name}; Api().projects({self.entity!r}) lists them")
            self._attrs.update(data["project"])
            self._is_loaded = True

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and not self.__dict__.get("_is_loaded", True):
            self._load()
        return super().__getattr__(name)

    @property
    def id(self) -> str:
        """The server's identifier."""
        self._load()
        return str(self._attrs["id"])

    @property
    def owner(self) -> Any:
        """Who made it."""
        from barograph.apis.public.users import User

        self._load()
        if not self._attrs.get("user"):
            raise ApiError(f"nobody knows who made project {self.entity}/{self.name}")
        return User(self.client, self._attrs["user"])

    @property
    def path(self) -> list[str]:
        """[entity, project]."""
        return [self.entity, self.name]

    @property
    def url(self) -> str:
        """The project's page."""
        return f"{self.client.app_url}{quote(self.entity)}/{quote(self.name)}/workspace"

    def runs(self, filters: dict[str, Any] | None = None, order: str | None = None, per_page: int = 50) -> Any:
        """Its runs."""
        from barograph.apis.public.runs import Runs

        return Runs(self.client, self.entity, self.name, filters, order, per_page)

    def sweeps(self, per_page: int = 50, filters: dict[str, Any] | None = None, order: str | None = None) -> Sweeps:
        """Its sweeps."""
        return Sweeps(self.client, self.entity, self.name, per_page, filters)

    def artifacts_types(self, per_page: int = 50) -> Any:
        """The types of its artifacts."""
        from barograph.apis.public.artifacts import ArtifactTypes

        return ArtifactTypes(self.client, self.entity, self.name, per_page)

    def collections(
        self, filters: Mapping[str, Any] | None = None, order: str | None = None, per_page: int = 50
    ) -> Any:
        """Its artifact collections, of all types."""
        from barograph.apis.public.artifacts import ProjectArtifactCollections

        return ProjectArtifactCollections(self.client, self.entity, self.name, filters, order, per_page)

    def to_html(self, height: int = 420, hidden: bool = False) -> str:
        """HTML with the project's page inside."""
        return frame(self.url, height, hidden, "project")

    def _repr_html_(self) -> str:
        return self.to_html()

    def __repr__(self) -> str:
        return f"<Project {'/'.join(self.path)}>"


class Sweeps(SizedPaginator[Any]):
    """The sweeps of a project."""

    def __init__(
        self, client: Any, entity: str, project: str, per_page: int = 50, filters: dict[str, Any] | None = None
    ) -> None:
        self.entity = entity
        self.project = project
        self.filters = filters
        variables: dict[str, Any] = {"project": project, "entity": entity}
        if filters:
            variables["filters"] = json.dumps(filters)
        self.QUERY = _SWEEPS % ((", $filters: JSONString", ", filters: $filters") if filters else ("", ""))
        super().__init__(client, variables, per_page)

    def connection(self, response: dict[str, Any]) -> dict[str, Any]:
        if response.get("project") is None:
            raise ApiError(f"Could not find project {self.entity}/{self.project}")
        return response["project"].get("sweeps") or {}

    def total(self, response: dict[str, Any]) -> int | None:
        self.connection(response)
        return int(response["project"]["totalSweeps"] or 0)

    def convert(self, node: dict[str, Any]) -> Any:
        from barograph.apis.public.sweeps import Sweep

        return Sweep(self.client, self.entity, self.project, node["name"])

    def __repr__(self) -> str:
        return f"<Sweeps {self.entity}/{self.project}>"
