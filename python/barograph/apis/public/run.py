"""run.py - Run: one run of a project. Its config and its summaries are fetched when they are read."""

from __future__ import annotations

import json
import os
import tempfile
import time
from typing import TYPE_CHECKING, Any, Collection, Literal, Mapping, MutableMapping
from urllib.parse import quote

from barograph.apis.attrs import Attrs, frame
from barograph.apis.client import ApiError, as_client
from barograph.apis.public.history import HistoryScan, read_history
from barograph.apis.public.summary import HTTPSummary
from barograph.errors import CommError

if TYPE_CHECKING:
    from barograph.apis.public.runs import Runs

WAIT_SECONDS = 5.0
TERMINAL = ("finished", "crashed", "failed", "killed")
INTERNAL_KEYS = ("_wandb", "wandb_version")
HEAVY = ("config", "summaryMetrics", "systemMetrics")

LIGHT_FIELDS = """id tags name displayName sweepName state group jobType commit readOnly createdAt heartbeatAt
  description notes historyLineCount projectId user { name username }"""
FULL_FIELDS = LIGHT_FIELDS + " config systemMetrics summaryMetrics historyKeys"
RUN_FRAGMENT = "fragment RunFragment on Run { %s }" % FULL_FIELDS

_RUN = """query Run($project: String!, $entity: String!, $name: String!) {
  project(name: $project, entityName: $entity) { run(name: $name) { %s } }
}"""


class RunNotFoundError(ApiError):
    """No run has that path, or none that may be read."""


class Run(Attrs):
    """One run, to be read and changed. Made by `Api.run` and `Api.runs`.

    tags, url, id, name, state, config, created_at, system_metrics, summary, project, entity, project_internal_id,
    user, path, notes, read_only, history_keys and metadata are its attributes; what is set of name, tags, notes,
    description, group, job_type, config and summary is kept by update().
    """

    def __init__(
        self,
        client: Any,
        entity: str,
        project: str,
        run_id: str,
        attrs: Mapping[str, Any] | None = None,
        include_sweeps: bool = True,
    ) -> None:
        super().__init__(dict(attrs or {}))
        self.client = as_client(client)
        self._entity = entity
        self.project = project
        self._attrs.setdefault("name", run_id)
        self._list: Runs | None = None
        self._sweep: Any = None
        self._summary: HTTPSummary | None = None
        self._metadata: dict[str, Any] | None = None
        self._is_loaded = bool(attrs)
        self.load(force=not attrs)

    # ---- loading ----

    def load(self, force: bool = False) -> MutableMapping[str, Any]:
        """Fetches the run; when it was fetched already, only if forced to."""
        if force or not self._is_loaded:
            self._take(self._ask(_RUN % FULL_FIELDS))
        else:
            self._take(self._attrs)
        return self._attrs

    def load_full_data(self, force: bool = False) -> MutableMapping[str, Any]:
        """Fetches config, summary and system metrics, if they are not there."""
        if force or not self._has_full_data():
            self._take(self._ask(_RUN % FULL_FIELDS))
        return self._attrs

    def _ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """A query's project.run; RunNotFoundError when there is none."""
        place = {"entity": self._entity, "project": self.project, "name": self.id}
        data = self.client.query(document, {**place, **variables})
        run: dict[str, Any] | None = (data.get("project") or {}).get("run")
        if run is None:
            raise RunNotFoundError(
                f"Could not find run {'/'.join(self.path)}; its path is entity/project/run_id, and the key must be allowed to read it"
            )
        return run

    def _take(self, fields: Mapping[str, Any]) -> None:
        self._attrs.update(fields)
        self._is_loaded = True
        for name in HEAVY:
            if isinstance(self._attrs.get(name), (str, type(None))) and name in fields:
                self._attrs[name] = json.loads(self._attrs[name] or "{}")
        if "config" in fields:
            self._split_config()
        if "summaryMetrics" in fields:
            self._summary = None

    def _split_config(self) -> None:
        """{"lr": {"value": 1}} is lr: 1; the client's own part is in rawconfig only."""
        whole = {
            key: value["value"] if isinstance(value, dict) and "value" in value else value
            for key, value in self._attrs["config"].items()
        }
        own = {key: value for key, value in whole.items() if key in INTERNAL_KEYS}
        self._attrs["config"] = {key: value for key, value in whole.items() if key not in INTERNAL_KEYS}
        self._attrs["rawconfig"] = {**own, **self._attrs["config"]}

    def _has_full_data(self) -> bool:
        return all(name in self._attrs for name in HEAVY)

    def _heavy(self, name: str) -> Any:
        if name not in self._attrs:
            if self._list is not None:
                self._list._fill_page_of(self)
            else:
                self.load_full_data(force=True)
        return self._attrs.setdefault(name, {})

    # ---- what it is ----

    @property
    def entity(self) -> str:
        """Whose run it is."""
        return self._entity

    @property
    def username(self) -> str:
        """As entity, by its oldest name."""
        return self._entity

    @property
    def storage_id(self) -> str:
        """The server's own identifier."""
        return str(self._attrs["id"])

    @property
    def id(self) -> str:
        """The identifier, unique in the project."""
        return str(self._attrs["name"])

    @id.setter
    def id(self, new_id: str) -> None:
        self._attrs["name"] = new_id

    @property
    def name(self) -> str | None:
        """The name that is shown; it need not be unique."""
        return self._attrs.get("displayName")

    @name.setter
    def name(self, new_name: str) -> None:
        self._attrs["displayName"] = new_name

    @property
    def state(self) -> str:
        """pending, running, preempting, preempted, finished, failed, crashed or killed, as when it was fetched."""
        return str(self._attrs.get("state", "not found"))

    @property
    def user(self) -> Any:
        """Who made it; None when nobody knows."""
        from barograph.apis.public.users import User

        fields = self._attrs.get("user")
        return User(self.client, fields) if fields else None

    @property
    def project_internal_id(self) -> int | None:
        """The project's number on the server."""
        number = self._attrs.get("projectId")
        return int(number) if number is not None else None

    @property
    def config(self) -> dict[str, Any]:
        """Hyperparameters, without the client's own keys. What is changed is kept by update()."""
        config: dict[str, Any] = self._heavy("config")
        return config

    @property
    def rawconfig(self) -> dict[str, Any]:
        """The config with the client's own keys."""
        self._heavy("config")
        return self._attrs.get("rawconfig", {})

    @property
    def json_config(self) -> str:
        """The config as the server keeps it."""
        config = {"_wandb": self.rawconfig["_wandb"]} if "_wandb" in self.rawconfig else {}
        return json.dumps({key: {"value": value, "desc": None} for key, value in {**config, **self.config}.items()})

    @property
    def summary_metrics(self) -> dict[str, Any]:
        """The summary as a plain dictionary."""
        summary: dict[str, Any] = self._heavy("summaryMetrics")
        return summary

    @property
    def summary(self) -> HTTPSummary:
        """The summary: a dictionary whose update() keeps what was changed."""
        values = self.summary_metrics
        if self._summary is None:
            self._summary = HTTPSummary(self, self.client, values)
        return self._summary

    @property
    def system_metrics(self) -> dict[str, Any]:
        """The machine's metrics, as they were last."""
        metrics: dict[str, Any] = self._heavy("systemMetrics")
        return metrics

    @property
    def history_keys(self) -> dict[str, Any] | None:
        """What was logged: types, counts, last values."""
        self._heavy("systemMetrics")
        if "historyKeys" not in self._attrs:
            self._attrs["historyKeys"] = self._ask(_RUN % "historyKeys").get("historyKeys")
        return self._attrs["historyKeys"]

    @property
    def lastHistoryStep(self) -> int:  # noqa: N802 - the documented name
        """The highest step that was logged; -1 for none. Asked for each time."""
        return int((self._ask(_RUN % "historyKeys").get("historyKeys") or {}).get("lastStep", -1))

    @property
    def sweep_name(self) -> str | None:
        """The sweep's identifier, when the run belongs to one."""
        return self._attrs.get("sweepName")

    @property
    def sweep(self) -> Any:
        """The sweep that it belongs to; fetched when it is asked for, once for all runs of a list."""
        if self._sweep is None and self.sweep_name:
            from barograph.apis.public.sweeps import Sweep

            known = self._list._sweeps if self._list is not None else {}
            if self.sweep_name not in known:
                known[self.sweep_name] = Sweep.get(self.client, self.entity, self.project, self.sweep_name, withRuns=False)
            self._sweep = known[self.sweep_name]
        return self._sweep

    @property
    def path(self) -> list[str]:
        """[entity, project, run_id], quoted as in addresses."""
        return [quote(str(part), safe="") for part in (self._entity, self.project, self.id)]

    @property
    def url(self) -> str:
        """The run's page."""
        entity, project, name = self.path
        return f"{self.client.app_url}{entity}/{project}/runs/{name}"

    @property
    def dir(self) -> str:
        """A folder for what belongs to this run; made when it is asked for."""
        folder = os.path.join(os.environ.get("BAROGRAPH_DIR") or os.environ.get("WANDB_DIR") or tempfile.gettempdir(), *self.path)
        os.makedirs(folder, exist_ok=True)
        return folder

    @property
    def metadata(self) -> dict[str, Any] | None:
        """What the client knew of its machine (wandb-metadata.json); None when it was not kept."""
        if self._metadata is None:
            for file in self.files(names=["wandb-metadata.json"]):
                self._metadata = json.loads(self.client.request("GET", file.url).body)
        return self._metadata

    # ---- changing ----

    @classmethod
    def create(
        cls,
        api: Any,
        run_id: str | None = None,
        project: str | None = None,
        entity: str | None = None,
        state: Literal["running", "pending"] = "running",
    ) -> Run:
        """Makes a run without a client that logs to it: a pending one is to be resumed later."""
        run: Run = api._create_run(run_id=run_id, project=project, entity=entity, state=state)
        return run

    def update(self) -> None:
        """Keeps name, tags, notes, description, group, job_type, config and summary as they are now."""
        document = """mutation UpdateRun($input: UpsertBucketInput!) { upsertBucket(input: $input) { bucket { id } } }"""
        fields = ("displayName", "tags", "notes", "description", "groupName", "jobType")
        values = {name: self._attrs.get("group" if name == "groupName" else name) for name in fields}
        if "config" in self._attrs:
            values["config"] = self.json_config
        if "summaryMetrics" in self._attrs:
            values["summaryMetrics"] = json.dumps(self._attrs["summaryMetrics"])
        self.client.query(document, {"input": {"id": self.storage_id, **values}})

    def save(self) -> None:
        """As update()."""
        self.update()

    def __setattr__(self, name: str, value: Any) -> None:
        """Fields of the server are changed where update() finds them."""
        attrs = self.__dict__.get("_attrs")
        key = self.snake_to_camel(name)
        if attrs is None or name.startswith("_"):
            object.__setattr__(self, name, value)
        elif name in ("config", "summary"):
            self._replace(name, value)
        elif key in ("tags", "notes", "description", "group", "jobType", "displayName"):
            attrs[key] = value
        else:
            object.__setattr__(self, name, value)

    def _replace(self, name: str, value: Any) -> None:
        if name == "config":
            self._heavy("config")
            self._attrs["config"] = dict(value)
        else:
            self._attrs["summaryMetrics"] = dict(value)
            self._summary = None

    def _write_summary(self, values: dict[str, Any]) -> None:
        document = """mutation UpdateSummary($id: String, $summaryMetrics: JSONString) {
          upsertBucket(input: {id: $id, summaryMetrics: $summaryMetrics}) { bucket { id } } }"""
        self.client.query(document, {"id": self.storage_id, "summaryMetrics": json.dumps(values)})

    def update_state(self, state: str) -> bool:
        """Makes it pending or failed."""
        document = "mutation UpdateRunState($input: UpdateRunStateInput!) { updateRunState(input: $input) { success } }"
        data = self.client.query(document, {"input": {"id": self.storage_id, "state": state}})
        is_done = bool((data.get("updateRunState") or {}).get("success"))
        if is_done:
            self._attrs["state"] = state
        return is_done

    def stop(self) -> None:
        """Asks the run's client to stop it."""
        self.client.query("mutation StopRun($id: ID!) { stopRun(input: {id: $id}) { success } }", {"id": self.storage_id})

    def delete(self, delete_artifacts: bool = False) -> None:
        """Deletes the run with its history, files and logs."""
        document = """mutation DeleteRun($id: ID!, $deleteArtifacts: Boolean) {
          deleteRun(input: {id: $id, deleteArtifacts: $deleteArtifacts}) { success } }"""
        self.client.query(document, {"id": self.storage_id, "deleteArtifacts": delete_artifacts})

    def wait_until_finished(self) -> None:
        """Returns when the run has ended."""
        while True:
            self._attrs["state"] = self._ask(_RUN % "state")["state"]
            if self.state in TERMINAL:
                return
            time.sleep(WAIT_SECONDS)

    # ---- files ----

    def files(self, names: list[str] | None = None, per_page: int = 50, pattern: str | None = None) -> Any:
        """Its files, all or those of the names or of the pattern ("%.json", as SQL's LIKE has it)."""
        from barograph.apis.public.files import Files

        return Files(self.client, self, names, per_page, pattern=pattern)

    def file(self, name: str) -> Any:
        """One of its files."""
        from barograph.apis.public.files import Files

        return Files(self.client, self, [name])[0]

    def upload_file(self, path: str, root: str = ".") -> Any:
        """Uploads a file; its name in the run is its path seen from root."""
        name = os.path.relpath(path, root).replace(os.sep, "/")
        if name.startswith("../"):
            raise ValueError(f"{path!r} is not below the root {root!r}")
        document = """mutation CreateRunFiles($entity: String!, $project: String!, $run: String!, $files: [String!]!) {
          createRunFiles(input: {entityName: $entity, projectName: $project, runName: $run, files: $files}) {
            runID uploadHeaders files { name uploadUrl } } }"""
        place = {"entity": self._entity, "project": self.project, "run": self.id, "files": [name]}
        made = self.client.query(document, place)["createRunFiles"]
        if not made["runID"]:
            raise CommError(f"cannot upload to {'/'.join(self.path)}: the run is missing, or the key may not write to it")
        self.client.upload(made["files"][0]["uploadUrl"], os.path.abspath(path), made["uploadHeaders"])
        self._mark_uploaded(place)
        return self.file(name)

    def _mark_uploaded(self, place: dict[str, Any]) -> None:
        """Servers that learn of an upload only so need it; those that see it themselves may not have the call."""
        document = """mutation MarkUploaded($entity: String!, $project: String!, $run: String!, $files: [String!]!) {
          markRunFilesUploaded(input: {entityName: $entity, projectName: $project, runName: $run, files: $files}) {
            success } }"""
        try:
            self.client.query(document, place)
        except CommError:
            pass

    def console_logs(self, *, per_page: int = 1000, last: int | None = None) -> Any:
        """What it printed, line by line; with `last`, the last lines only."""
        from barograph.apis.public.console_logs import ConsoleLogs

        return ConsoleLogs(self.client, self, per_page, last)

    # ---- history ----

    def history(
        self,
        samples: int = 500,
        keys: list[str] | None = None,
        x_axis: str = "_step",
        pandas: bool = True,
        stream: Literal["default", "system"] = "default",
    ) -> Any:
        """About `samples` rows of the history: a pandas.DataFrame, or with pandas=False a list of dictionaries.

        With keys, only rows that have all of them, with x_axis. stream: "system" for the machine's metrics.
        """
        _check_keys(keys)
        if keys and stream != "default":
            raise ValueError("keys are of the stream 'default'; leave them out to read system metrics")
        if stream not in ("default", "system"):
            raise ValueError(f"stream is default or system, got {stream!r}")
        if samples < 1:
            raise ValueError(f"samples is 1 or more, got {samples}")
        return read_history(self, samples, [x_axis, *keys] if keys else [], stream, "pandas" if pandas else "default")

    def scan_history(
        self,
        keys: list[str] | None = None,
        page_size: int = 1000,
        min_step: int | None = None,
        max_step: int | None = None,
        use_cache: bool = True,
    ) -> HistoryScan:
        """All rows with min_step <= _step < max_step, as dictionaries; with keys, those that have all of them.

        use_cache is taken for scripts that pass it: nothing is kept on the disk.
        """
        _check_keys(keys)
        return HistoryScan(self, keys, page_size, min_step, max_step)

    def beta_scan_history(
        self,
        keys: list[str] | None = None,
        page_size: int = 1000,
        min_step: int = 0,
        max_step: int | None = None,
        use_cache: bool = True,
    ) -> HistoryScan:
        """As scan_history."""
        return self.scan_history(keys, page_size, min_step, max_step, use_cache)

    def history_arrow(
        self,
        keys: list[str] | None = None,
        min_step: int | None = None,
        max_step: int | None = None,
        stream: Literal["default", "system"] = "default",
    ) -> Any:
        """The whole history as a Columns: every Arrow library takes it, to_pandas() and to_polars() are at hand.

        Barograph's own. All rows with min_step <= _step < max_step; with keys, those that have all of them.
        """
        _check_keys(keys)
        return HistoryScan(self, keys, 1000, min_step, max_step, stream=stream).columns()

    # ---- artifacts ----

    def logged_artifacts(self, per_page: int = 100) -> Any:
        """The artifact versions that it made."""
        from barograph.apis.public.artifacts import RunArtifacts

        return RunArtifacts(self.client, self, "logged", per_page)

    def used_artifacts(self, per_page: int = 100) -> Any:
        """The artifact versions that it used."""
        from barograph.apis.public.artifacts import RunArtifacts

        return RunArtifacts(self.client, self, "used", per_page)

    def use_artifact(self, artifact: Any, use_as: str | None = None) -> Any:
        """Declares an artifact version as input of this run."""
        from barograph.apis.public.artifacts import check_logged

        check_logged(artifact)
        document = """mutation UseArtifact($input: UseArtifactInput!) { useArtifact(input: $input) { artifact { id } } }"""
        values = {
            "entityName": self._entity,
            "projectName": self.project,
            "runName": self.id,
            "artifactID": artifact.id,
            "artifactEntityName": artifact.entity,
            "artifactProjectName": artifact.project,
            "usedAs": use_as or artifact.name,
        }
        self.client.query(document, {"input": values})
        return artifact

    def log_artifact(
        self, artifact: Any, aliases: Collection[str] | None = None, tags: Collection[str] | None = None
    ) -> Any:
        """Declares an artifact version as output of this run."""
        from barograph.apis.public.artifacts import check_logged

        check_logged(artifact)
        if (self._entity, self.project) != (artifact.source_entity, artifact.source_project):
            raise ValueError("a run logs artifacts of its own project; link() brings a version into another one")
        collection = artifact.source_name.split(":")[0]
        document = "mutation LogArtifact($input: CreateArtifactInput!) { createArtifact(input: $input) { artifact { id } } }"
        values = {
            "entityName": self._entity,
            "projectName": self.project,
            "runName": self.id,
            "artifactTypeName": artifact.type,
            "artifactCollectionName": collection,
            "digest": artifact.digest,
            "aliases": [{"artifactCollectionName": collection, "alias": alias} for alias in aliases or ()],
            "tags": [{"tagName": tag} for tag in tags or ()],
            "enableDigestDeduplication": True,
        }
        self.client.query(document, {"input": values})
        return artifact

    # ---- showing ----

    def to_html(self, height: int = 420, hidden: bool = False) -> str:
        """HTML with the run's page inside."""
        return frame(self.url, height, hidden, "run")

    def _repr_html_(self) -> str:
        return self.to_html()

    def __repr__(self) -> str:
        return f"<Run {'/'.join(self.path)} ({self.state})>"


def _check_keys(keys: Any) -> None:
    if keys is not None and (not isinstance(keys, list) or not all(isinstance(key, str) for key in keys)):
        raise ValueError(f"keys are a list of metrics' names, got {keys!r}")
