"""api.py - Api: the way in to everything that was logged."""

from __future__ import annotations

import json
import re
import secrets
import string
from typing import Any, Literal
from urllib.parse import unquote

from barograph.apis.client import ApiError, RetryingClient, not_offered
from barograph.apis.public.artifacts import ArtifactCollection, ArtifactCollections, Artifacts, ArtifactType, ArtifactTypes
from barograph.apis.public.organizations import Organization, fetch_organization, organization_of
from barograph.apis.public.paths import parts_of, place_of
from barograph.apis.public.projects import Project, Projects
from barograph.apis.public.registries import Registries, Registry
from barograph.apis.public.reports import BetaReport, Reports
from barograph.apis.public.runs import Run, Runs
from barograph.apis.public.sweeps import Sweep
from barograph.apis.public.teams import Team
from barograph.apis.public.users import USER_FIELDS, User
from barograph.artifacts.names import REGISTRY_PREFIX, ArtifactPath
from barograph.errors import CommError, UsageError
from barograph.settings import variable

_VIEWER = "query Viewer { viewer { %s } }" % USER_FIELDS
_USERS = "query SearchUsers($query: String) { users(query: $query) { edges { node { %s } } } }" % USER_FIELDS
_MAKE_RUN = """mutation CreateRun($project: String, $entity: String, $name: String!, $state: String) {
  upsertBucket(input: {modelName: $project, entityName: $entity, name: $name, state: $state}) {
    bucket { id name project { name entity { name } } } inserted } }"""
_MAKE_PROJECT = """mutation CreateProject($input: UpsertModelInput!) { upsertModel(input: $input) {
  project { id name } inserted } }"""
_MAKE_SWEEP = """mutation CreateSweep($input: UpsertSweepInput!) { upsertSweep(input: $input) {
  sweep { name project { name entity { name } } } } }"""
ID_LETTERS = string.ascii_lowercase + string.digits


class Api:
    """Reads and changes what was logged.

    overrides: base_url, entity, project, run, organization. timeout: seconds without an answer. api_key: whose data is
    seen. What is not given comes from BAROGRAPH_ and WANDB_ variables, from settings and from the netrc file.
    """

    def __init__(
        self, overrides: dict[str, Any] | None = None, timeout: int | None = None, api_key: str | None = None
    ) -> None:
        given = dict(overrides or {})
        self.client: RetryingClient = RetryingClient.of_environment(given.get("base_url"), api_key, timeout)
        if not self.client.api_key:
            raise UsageError(f"no API key for {self.client.base_url}: `barograph login` or BAROGRAPH_API_KEY sets one")
        names = ("entity", "project", "run", "organization")
        from_environment = {name: variable("RUN_ID" if name == "run" else name.upper()) for name in names}
        self.settings: dict[str, Any] = {**from_environment, **given, "base_url": self.client.base_url}
        self.api_key = self.client.api_key
        self._viewer: User | None = None
        self.flush()

    def flush(self) -> None:
        """Forgets what was fetched, so that it is asked for again."""
        self._projects: dict[str, Projects] = {}
        self._runs: dict[str, Any] = {}
        self._sweeps: dict[str, Sweep] = {}
        self._reports: dict[str, Reports] = {}

    @property
    def user_agent(self) -> str:
        """What requests say of the program that sends them."""
        import barograph

        return f"barograph-python/{barograph.__version__}"

    @property
    def viewer(self) -> User:
        """Whose key it is."""
        if self._viewer is None:
            fields = self.client.query(_VIEWER).get("viewer")
            if not fields:
                raise ApiError("the server does not know whose key this is; `barograph login` sets another")
            self._viewer = User(self.client, fields, self.api_key)
        return self._viewer

    @property
    def default_entity(self) -> str | None:
        """The entity that is meant when none is named, as the server has it."""
        entity: str | None = self.viewer._attrs.get("entity")
        return entity

    # ---- paths ----

    def _entity(self, entity: str | None = None) -> str:
        found = entity or self.settings["entity"] or self.default_entity
        if not found:
            raise ApiError("name the entity, in the call, in the path or as BAROGRAPH_ENTITY")
        return str(found)

    def _project_place(self, path: str | None) -> tuple[str, str]:
        parts = parts_of(path or "")
        if len(parts) > 2:
            raise ApiError(f"a project's path is entity/project, got {path!r}")
        project = parts[-1] if parts else self.settings["project"] or "uncategorized"
        return self._entity(parts[0] if len(parts) == 2 else None), project

    def _place(self, path: str, what: str) -> tuple[str, str, str]:
        place = place_of(path)
        project = place.project or self.settings["project"]
        name = place.name or (self.settings["run"] if what == "run" else None)
        if not name or not project:
            raise ApiError(f"a {what}'s path is entity/project/{what}_id, got {path!r}")
        return self._entity(place.entity), project, name

    def _artifact_project(self, path: str | None) -> tuple[str, str]:
        entity, project = self._project_place(path)
        if project.startswith(REGISTRY_PREFIX):
            named = "/" in (path or "")
            entity = self._registry_entity(entity if named else None)
        return entity, project

    def _registry_entity(self, organization: str | None) -> str:
        """Registries belong to an organization's entity; it is named by itself, by the organization, or not at all."""
        name = organization or self.settings["organization"]
        if not name:
            return organization_of(self.client, self._entity())[1]
        try:
            return fetch_organization(self.client, name).org_entity.name
        except ValueError:
            return str(name)

    def _artifact_path(self, path: str) -> ArtifactPath:
        if not path:
            raise ApiError("name the artifact: [[entity/]project/]name:alias")
        parsed = ArtifactPath.parse(path)
        if parsed.is_in_registry:
            return ArtifactPath(parsed.name, parsed.project, self._registry_entity(parsed.entity))
        project = parsed.project or self.settings["project"] or "uncategorized"
        return ArtifactPath(parsed.name, project, self._entity(parsed.entity))

    # ---- projects ----

    def projects(self, entity: str | None = None, per_page: int = 200) -> Projects:
        """The projects of an entity."""
        entity = self._entity(entity)
        if entity not in self._projects:
            self._projects[entity] = Projects(self.client, entity, per_page)
        return self._projects[entity]

    def project(self, name: str, entity: str | None = None) -> Project:
        """A project; it is asked of the server when one of its fields is."""
        if name.startswith(REGISTRY_PREFIX):
            return Project(self.client, self._registry_entity(entity), name, {})
        return Project(self.client, self._entity(entity), name, {})

    def create_project(self, name: str, entity: str | None = None) -> None:
        """Makes a project, when there is none of that name."""
        self.client.query(_MAKE_PROJECT, {"input": {"name": name, "entityName": self._entity(entity)}})

    # ---- runs ----

    def runs(
        self,
        path: str = "",
        filters: dict[str, Any] = {},  # noqa: B006 - the documented default; never changed
        order: str = "-created_at",
        per_page: int = 50,
        include_sweeps: bool = True,
        lazy: bool = True,
    ) -> Runs:
        """The runs of a project that the filters hold for.

        filters: Mongo's language over state, tags, config.*, summary_metrics.* and the other fields of runs.
        order: "+" (ascending) or "-" and created_at, heartbeat_at, config.*.value or summary_metrics.*.
        """
        entity, project = self._project_place(path)
        filters = filters or {}
        key = json.dumps([entity, project, filters, order, per_page], default=str)
        if key not in self._runs:
            self._runs[key] = Runs(self.client, entity, project, filters, order, per_page, include_sweeps, lazy)
        elif not lazy:
            self._runs[key].upgrade_to_full()
        found: Runs = self._runs[key]
        return found

    def run(self, path: str = "") -> Run:
        """A run of the path entity/project/run_id. It is kept until flush()."""
        place = self._place(path, "run")
        key = "/".join(place)
        if key not in self._runs:
            self._runs[key] = Run(self.client, *place)
        found: Run = self._runs[key]
        return found

    def create_run(
        self, *, run_id: str | None = None, project: str | None = None, entity: str | None = None
    ) -> Run:
        """Makes a run without a client that logs to it."""
        return self._create_run(run_id=run_id, project=project, entity=entity)

    def _create_run(
        self,
        *,
        run_id: str | None = None,
        project: str | None = None,
        entity: str | None = None,
        state: Literal["running", "pending"] = "running",
    ) -> Run:
        variables = {
            "entity": self._entity(entity),
            "project": project or self.settings["project"] or "uncategorized",
            "name": run_id or new_id(),
            "state": state,
        }
        made = self.client.query(_MAKE_RUN, variables)["upsertBucket"]["bucket"]
        return Run(self.client, made["project"]["entity"]["name"], made["project"]["name"], made["name"])

    def sync_tensorboard(
        self, root_dir: str, run_id: str | None = None, project: str | None = None, entity: str | None = None
    ) -> Run:
        """Brings the event files below a folder into a run, and answers it."""
        from barograph.apis.public.tensorboard import sync

        place = (self._entity(entity), project or self.settings["project"] or "uncategorized", run_id or new_id())
        sync(self, root_dir, *place)
        return self.run("/".join(place))

    # ---- sweeps ----

    def sweep(self, path: str = "") -> Sweep:
        """A sweep of the path entity/project/sweep_id. It is kept until flush()."""
        place = self._place(path, "sweep")
        key = "/".join(place)
        if key not in self._sweeps:
            self._sweeps[key] = Sweep(self.client, *place)
        return self._sweeps[key]

    def create_sweep(
        self, config: dict[str, Any], project: str | None = None, entity: str | None = None, prior_runs: list[str] | None = None
    ) -> Sweep:
        """Makes a sweep of a configuration: method, metric, parameters."""
        values: dict[str, Any] = {
            "config": json.dumps(config),
            "projectName": project or config.get("project") or self.settings["project"] or "uncategorized",
            "entityName": self._entity(entity or config.get("entity")),
        }
        if prior_runs:
            values["priorRunsFilters"] = json.dumps({"$or": [{"name": run} for run in prior_runs]})
        made = self.client.query(_MAKE_SWEEP, {"input": values})["upsertSweep"]["sweep"]
        return Sweep(self.client, made["project"]["entity"]["name"], made["project"]["name"], made["name"])

    # ---- reports ----

    def reports(self, path: str = "", name: str | None = None, per_page: int = 50) -> Reports:
        """The reports of a project, all or those of a name."""
        entity, project = self._project_place(path)
        key = "/".join((entity, project, unquote(name or "")))
        if key not in self._reports:
            place = Project(self.client, entity, project, {})
            self._reports[key] = Reports(self.client, place, unquote(name) if name else None, per_page=per_page)
        return self._reports[key]

    # ---- artifacts ----

    def artifact(self, name: str, type: str | None = None) -> Any:
        """An artifact version of the path [[entity/]project/]name:alias, with v3, latest or another alias."""
        from barograph.artifacts import Artifact

        path = self._artifact_path(name)
        try:
            found = Artifact._by_name(self.client, path)
        except ValueError as error:
            raise ApiError(str(error)) from None
        if type is not None and found.type != type:
            raise ApiError(f"artifact {name!r} is of type {found.type!r}, not {type!r}")
        return found

    def artifacts(
        self,
        type_name: str,
        name: str,
        order: str | None = None,
        per_page: int = 50,
        tags: list[str] | None = None,
        start: str | None = None,
    ) -> Artifacts:
        """The versions of a collection, all or those with the tags."""
        path = self._artifact_path(name)
        return Artifacts(
            self.client,
            path.entity or "",
            path.project or "",
            path.name.split(":")[0],
            type_name,
            order=order,
            per_page=per_page,
            tags=tags,
            start=start,
        )

    def artifact_versions(self, type_name: str, name: str, per_page: int = 50) -> Artifacts:
        """As artifacts()."""
        return self.artifacts(type_name, name, per_page=per_page)

    def artifact_types(self, project: str | None = None, start: str | None = None) -> ArtifactTypes:
        """The types of a project's artifacts."""
        return ArtifactTypes(self.client, *self._artifact_project(project), start=start)

    def artifact_type(self, type_name: str, project: str | None = None) -> ArtifactType:
        """One of them."""
        return ArtifactType(self.client, *self._artifact_project(project), type_name)

    def artifact_collections(
        self,
        project_name: str,
        type_name: str,
        order: str | None = None,
        per_page: int = 50,
        start: str | None = None,
    ) -> ArtifactCollections:
        """A project's collections of a type."""
        place = self._artifact_project(project_name)
        return ArtifactCollections(self.client, *place, type_name, order=order, per_page=per_page, start=start)

    def artifact_collection(self, type_name: str, name: str) -> ArtifactCollection:
        """One of them; its path is [[entity/]project/]name."""
        path = self._artifact_path(name)
        return ArtifactCollection(self.client, path.entity or "", path.project or "", path.name.split(":")[0], type_name)

    def artifact_exists(self, name: str, type: str | None = None) -> bool:
        """Whether there is such a version."""
        return _exists(lambda: self.artifact(name, type))

    def artifact_collection_exists(self, name: str, type: str) -> bool:
        """Whether there is such a collection."""
        return _exists(lambda: self.artifact_collection(type, name))

    # ---- registries ----

    def _organization_name(self, organization: str | None) -> str:
        name = organization or self.settings["organization"]
        return str(name) if name else organization_of(self.client, self._entity())[0]

    def registries(
        self,
        organization: str | None = None,
        filter: dict[str, Any] | None = None,
        order: str | None = None,
        per_page: int = 100,
        start: str | None = None,
    ) -> Registries:
        """The registries of an organization."""
        return Registries(self.client, self._organization_name(organization), filter, order, per_page, start)

    def registry(self, name: str, organization: str | None = None) -> Registry:
        """One of them."""
        found = fetch_organization(self.client, self._organization_name(organization))
        registry = Registry(self.client, found.name, found.org_entity.name, name)
        registry.load()
        return registry

    def create_registry(
        self,
        name: str,
        visibility: Literal["organization", "restricted"],
        organization: str | None = None,
        description: str | None = None,
        artifact_types: list[str] | None = None,
    ) -> Registry:
        """Makes a registry."""
        return Registry.create(self, self._organization_name(organization), name, visibility, description, artifact_types)

    # ---- people ----

    def user(self, username_or_email: str) -> User | None:
        """The user of that name or address; None when there is none."""
        return next(iter(self.users(username_or_email)), None)

    def users(self, username_or_email: str) -> list[User]:
        """The users whose name or address it is."""
        found = self.client.query(_USERS, {"query": username_or_email}).get("users") or {}
        return [User(self.client, edge["node"]) for edge in found.get("edges") or ()]

    def create_user(self, email: str, admin: bool | None = False) -> User:
        """Makes a user. Only administrators may."""
        return User.create(self, email, admin)

    def team(self, team: str) -> Team:
        """A team."""
        return Team(self.client, team)

    def create_team(self, team: str, admin_username: str | None = None) -> Team:
        """Makes a team."""
        return Team.create(self, team, admin_username)

    def organization(self, name: str | None = None) -> Organization:
        """An organization; yours when none is named."""
        return fetch_organization(self.client, self._organization_name(name))

    # ---- anything ----

    def from_path(self, path: str) -> Any:
        """What a path or the address of a page leads to: a project, a run, a sweep or a report."""
        parts = parts_of(path)
        if len(parts) == 1:
            return self.project(parts[0])
        if len(parts) == 2 or parts[2:] == ["workspace"]:
            return self.project(parts[1], parts[0])
        if len(parts) == 3:
            return self.run("/".join(parts))
        if len(parts) == 4 and parts[2].startswith("run"):
            return self.run("/".join((*parts[:2], parts[3])))
        if len(parts) == 4 and parts[2].startswith("sweep"):
            return self.sweep("/".join((*parts[:2], parts[3])))
        if len(parts) == 4 and parts[2].startswith("report"):
            return self._report(parts)
        raise ApiError(f"a path is entity/project, or entity/project/KIND/name with runs, sweeps or reports as KIND, got {path!r}")

    def _report(self, parts: list[str]) -> BetaReport:
        title, _, identifier = parts[3].rpartition("--")
        for report in self.reports("/".join(parts[:2])):
            if report.id.replace("=", "") == identifier:
                return report
        fields = {"displayName": unquote(title.replace("-", " ")), "id": identifier, "spec": "{}"}
        return BetaReport(self.client, fields, parts[0], parts[1])

    def sql(self, query: str, path: str | None = None, format: Literal["pandas", "polars", "arrow"] = "pandas") -> Any:
        """Asks SQL of a project: the tables are `runs` (Runs.table) and `history` (all rows of all runs, with run_id).

        Barograph's own; DuckDB answers, so it must be installed.
        """
        from barograph.apis.public.sql import ask

        return ask(self.runs("/".join(self._project_place(path))), query, format)

    # ---- jobs ----

    def job(self, name: str | None, path: str | None = None) -> Any:
        """Not offered."""
        raise not_offered("a job")

    def list_jobs(self, entity: str, project: str) -> list[dict[str, Any]]:
        """Not offered."""
        raise not_offered("a list of jobs")

    def queued_run(
        self,
        entity: str,
        project: str,
        queue_name: str,
        run_queue_item_id: str,
        project_queue: str | None = None,
        priority: int | None = None,
    ) -> Any:
        """Not offered."""
        raise not_offered("a queued run")

    def run_queue(self, entity: str, name: str) -> Any:
        """Not offered."""
        raise not_offered("a run queue")

    def create_run_queue(
        self,
        name: str,
        type: str,
        entity: str | None = None,
        prioritization_mode: str | None = None,
        config: dict[str, Any] | None = None,
        template_variables: dict[str, Any] | None = None,
    ) -> Any:
        """Not offered."""
        raise not_offered("a run queue")

    def upsert_run_queue(
        self,
        name: str,
        resource_config: dict[str, Any],
        resource_type: str,
        entity: str | None = None,
        template_variables: dict[str, Any] | None = None,
        external_links: dict[str, Any] | None = None,
        prioritization_mode: str | None = None,
    ) -> Any:
        """Not offered."""
        raise not_offered("a run queue")

    def __repr__(self) -> str:
        return f"<Api {self.client.base_url}>"


def new_id() -> str:
    """Eight letters and digits."""
    return "".join(secrets.choice(ID_LETTERS) for _ in range(8))


def _exists(find: Any) -> bool:
    """False for what is not there; what keeps us from knowing is raised."""
    try:
        find()
    except ValueError:
        return False
    except CommError as error:
        if re.search("not found|forbidden|may not", str(error)):
            return False
        raise
    return True
