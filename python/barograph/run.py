"""run.py - Run: one experiment that is being recorded."""

from __future__ import annotations

import json
import os
import sys
import warnings
from types import TracebackType
from typing import Any, Callable, Sequence

from barograph import _core
from barograph.config import Config
from barograph.errors import ChartsFound, CommError, Error, UsageError
from barograph.settings import Settings
from barograph.summary import Summary

_MODES = {
    "min": _core.MIN,
    "max": _core.MAX,
    "mean": _core.MEAN,
    "best": _core.BEST,
    "last": _core.LAST,
    "none": _core.NO_SUMMARY,
}
_POLICIES = {"now": 0, "end": 1, "live": 2}
_GOALS = {None: _core.NO_GOAL, "minimize": _core.MINIMIZE, "maximize": _core.MAXIMIZE}


def _modes(summary: str | None) -> int:
    modes = 0
    for name in (summary or "").split(","):
        if name.strip() and name.strip() not in _MODES:
            raise UsageError(f"a summary is one of {', '.join(_MODES)}, got {name.strip()!r}")
        modes |= _MODES.get(name.strip(), 0)
    return modes


class Run:
    """A unit of recording; `barograph.init` makes it. Use it as a context manager, or call finish()."""

    def __init__(self, settings: Settings, core: _core.Run, ended: Callable[[Run], None]) -> None:
        self._settings = settings
        self._core = core
        self._ended = ended
        self._is_finished = False
        self._tags = tuple(settings.run_tags)
        self._facts: dict[int, str] = {}
        self._summary_at_end = "{}"
        self._start_time = core.start_time()
        self._config = Config(core.update_config)
        self._summary = Summary(self._read_summary, core.update_summary)
        core.set_encoder(self._encode)

    # ---- what media, artifacts and models build on ----

    def _encode(self, key: str, step: int | None, value: Any) -> Any:
        """Plain JSON for a value that is no number, text or container; its files are written on the way."""
        from barograph.values import to_json

        return to_json(self, key, self.step if step is None else step, value)

    def _append_record(self, record: bytes) -> None:
        """Appends an encoded Record message, without its number, to the run's log."""
        self._core.append_record(record)

    @property
    def _files_dir(self) -> str:
        return self.dir

    def _save_file(self, path: str, policy: str = "now") -> None:
        """Sends a file that lies below the run's files folder; path is relative to it."""
        self._core.save(path.replace("\\", "/"), _POLICIES[policy])

    def _ask(self, kind: str, payload: dict[str, Any], timeout: float | None = None) -> dict[str, Any]:
        """Asks the sender and waits; CommError when it cannot answer."""
        try:
            answer = self._core.ask(kind, json.dumps(payload), 0 if timeout is None else max(1, int(timeout * 1000)))
        except Error as error:
            raise CommError(str(error)) from None
        value: dict[str, Any] = json.loads(answer)
        return value

    def _read_summary(self) -> str:
        return self._summary_at_end if self._is_finished else self._core.summary()

    def _get(self, fact: int) -> str:
        if not self._is_finished:
            self._facts[fact] = self._core.get(fact)
        return self._facts.get(fact, "")

    # ---- facts ----

    @property
    def id(self) -> str:
        """The run's identifier."""
        return self._get(_core.RUN_ID)

    @property
    def name(self) -> str | None:
        """The name that is shown; it need not be unique."""
        return self._get(_core.NAME) or None

    @name.setter
    def name(self, name: str) -> None:
        self._core.describe(name, None, None)

    @property
    def notes(self) -> str | None:
        """Free text about the run."""
        return self._get(_core.NOTES) or None

    @notes.setter
    def notes(self, notes: str) -> None:
        self._core.describe(None, notes, None)

    @property
    def tags(self) -> tuple[str, ...]:
        """The run's tags."""
        return self._tags

    @tags.setter
    def tags(self, tags: Sequence[str]) -> None:
        if isinstance(tags, str):
            raise UsageError("tags are a list of texts, not one text")
        self._core.describe(None, None, list(tags))
        self._tags = tuple(tags)

    @property
    def entity(self) -> str:
        """Whose run it is; empty until a server has said so."""
        return self._get(_core.ENTITY)

    @property
    def project(self) -> str:
        """The project it belongs to."""
        return self._get(_core.PROJECT)

    @property
    def group(self) -> str:
        """The group it belongs to."""
        return self._settings.run_group or ""

    @property
    def job_type(self) -> str:
        """What kind of job it is."""
        return self._settings.run_job_type or ""

    @property
    def path(self) -> str:
        """entity/project/id."""
        return "/".join(part for part in (self.entity, self.project, self.id) if part)

    @property
    def dir(self) -> str:
        """The folder of the run's files."""
        return f"{self._get(_core.DIR)}/files"

    @property
    def offline(self) -> bool:
        """Whether nothing is sent."""
        return self._settings.mode == "offline"

    @property
    def disabled(self) -> bool:
        """Whether nothing is recorded."""
        return self._settings.mode == "disabled"

    @property
    def url(self) -> str | None:
        """The run's page; None offline, and until a server has answered."""
        if self.offline or self.disabled or not self.entity:
            return None
        return f"{self._settings.base_url}/{self.entity}/{self.project}/runs/{self.id}"

    @property
    def project_url(self) -> str | None:
        """The project's page."""
        url = self.url
        return url.rsplit("/runs/", 1)[0] if url else None

    def get_url(self) -> str | None:
        return self.url

    @property
    def start_time(self) -> float:
        """When it began: Unix time in seconds."""
        return self._start_time

    @property
    def step(self) -> int:
        """The step that the next row will be."""
        return 0 if self._is_finished else self._core.next_step()

    @property
    def settings(self) -> Settings:
        """What the run was told."""
        return self._settings

    @property
    def config(self) -> Config:
        """The run's configuration."""
        return self._config

    @property
    def summary(self) -> Summary:
        """The run's summary."""
        return self._summary

    # ---- recording ----

    def log(self, data: dict[str, Any], step: int | None = None, commit: bool | None = None) -> None:
        """Records a row.

        Without a step each call is a step of its own, unless commit=False leaves it open for the next call. With
        a step, rows of the same step are joined, and one that is behind the run's is left out with a warning.
        """
        if commit is None:
            commit = step is None
        if not isinstance(data, dict):
            data = dict(data) if hasattr(data, "keys") else _refuse_row(data)
        try:
            self._core.log(data, step, commit)
        except ChartsFound:
            from barograph.data_types.encode import without_charts

            self.log(without_charts(self, data), step, commit)
        except Error as error:
            if step is None or "behind the run's step" not in str(error):
                raise
            warnings.warn(str(error), stacklevel=2)

    def define_metric(
        self,
        name: str,
        step_metric: str | None = None,
        step_sync: bool | None = None,
        hidden: bool | None = None,
        summary: str | None = None,
        goal: str | None = None,
        overwrite: bool | None = None,
    ) -> None:
        """Says how a metric is drawn and summarised; a name may end in '*'."""
        if goal not in _GOALS:
            raise UsageError(f"a goal is minimize or maximize, got {goal!r}")
        if step_sync is None:
            step_sync = step_metric is not None
        self._core.define_metric(
            name, step_metric, step_sync, bool(hidden), _modes(summary), _GOALS[goal], bool(overwrite)
        )

    # ---- artifacts, code, models: see barograph.artifacts.logging and barograph.watch ----

    def log_artifact(
        self,
        artifact_or_path: Any,
        name: str | None = None,
        type: str | None = None,
        aliases: list[str] | None = None,
        tags: list[str] | None = None,
    ) -> Any:
        """Declares an artifact as an output of the run; its files are sent by the sender."""
        from barograph.artifacts import logging

        return logging.log_artifact(self, artifact_or_path, name=name, type=type, aliases=aliases, tags=tags)

    def use_artifact(
        self,
        artifact_or_name: Any,
        type: str | None = None,
        aliases: list[str] | None = None,
        use_as: str | None = None,
    ) -> Any:
        """Declares an artifact as an input of the run; download() or file() on the result bring its content."""
        from barograph.artifacts import logging

        return logging.use_artifact(self, artifact_or_name, type=type, aliases=aliases, use_as=use_as)

    def link_artifact(self, artifact: Any, target_path: str, aliases: list[str] | None = None) -> Any:
        """Links an artifact to a collection, such as one of a registry."""
        from barograph.artifacts import logging

        return logging.link_artifact(self, artifact, target_path, aliases=aliases)

    def upsert_artifact(
        self,
        artifact_or_path: Any,
        name: str | None = None,
        type: str | None = None,
        aliases: list[str] | None = None,
        distributed_id: str | None = None,
    ) -> Any:
        """Declares, or adds to, an artifact that several writers make together; finish_artifact completes it."""
        from barograph.artifacts import logging

        return logging.upsert_artifact(
            self, artifact_or_path, name=name, type=type, aliases=aliases, distributed_id=distributed_id
        )

    def finish_artifact(
        self,
        artifact_or_path: Any,
        name: str | None = None,
        type: str | None = None,
        aliases: list[str] | None = None,
        distributed_id: str | None = None,
    ) -> Any:
        """Completes an artifact that upsert_artifact began: later calls make a new version."""
        from barograph.artifacts import logging

        return logging.finish_artifact(
            self, artifact_or_path, name=name, type=type, aliases=aliases, distributed_id=distributed_id
        )

    def log_model(self, path: str | os.PathLike[str], name: str | None = None, aliases: list[str] | None = None) -> None:
        """Logs the files below path as a model artifact, an output of the run."""
        from barograph.artifacts import logging

        logging.log_model(self, path, name=name, aliases=aliases)

    def use_model(self, name: str) -> Any:
        """Downloads a model artifact; answers the path of its file, or of its folder when there are several."""
        from barograph.artifacts import logging

        return logging.use_model(self, name)

    def link_model(
        self,
        path: str | os.PathLike[str],
        registered_model_name: str,
        name: str | None = None,
        aliases: list[str] | None = None,
    ) -> Any:
        """Logs a model and links it to a registered model."""
        from barograph.artifacts import logging

        return logging.link_model(self, path, registered_model_name, name=name, aliases=aliases)

    def log_code(
        self,
        root: str | None = ".",
        name: str | None = None,
        include_fn: Callable[..., bool] | None = None,
        exclude_fn: Callable[..., bool] | None = None,
    ) -> Any:
        """Keeps the code below root as an artifact of type "code"."""
        from barograph.artifacts import logging

        return logging.log_code(self, root, name=name, include_fn=include_fn, exclude_fn=exclude_fn)

    def watch(
        self,
        models: Any,
        criterion: Any = None,
        log: str | None = "gradients",
        log_freq: int = 1000,
        idx: int | None = None,
        log_graph: bool = False,
    ) -> None:
        """Records gradients, parameters, or both, of torch modules as they train."""
        from barograph import watching

        watching.watch(self, models, criterion=criterion, log=log, log_freq=log_freq, idx=idx, log_graph=log_graph)

    def unwatch(self, models: Any = None) -> None:
        """Removes what watch() put on the modules; all of them when none is named."""
        from barograph import watching

        watching.unwatch(self, models)

    def finish(self, exit_code: int | None = None, quiet: bool | None = None) -> None:
        """Ends the run and waits until all is sent. What could not be sent stays in the run's folder."""
        if self._is_finished:
            return
        for fact in (_core.RUN_ID, _core.NAME, _core.NOTES, _core.ENTITY, _core.PROJECT, _core.DIR):
            self._get(fact)
        self._summary_at_end = self._core.summary()
        self._is_finished = True
        self._ended(self)
        try:
            self._core.finish(exit_code or 0)
        except Error as error:
            if not (quiet or self._settings.quiet):
                print(f"barograph: {error}", file=sys.stderr)

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.finish(exit_code=0 if kind is None else 1)


def _refuse_row(data: Any) -> dict[str, Any]:
    raise ValueError(f"a row is a dictionary, got {type(data).__name__}")


class DisabledCore:
    """Takes everything and keeps the summary's last values, so that scripts run without recording."""

    def __init__(self, settings: Settings) -> None:
        self._facts = {_core.RUN_ID: settings.run_id or "disabled", _core.PROJECT: settings.project or ""}
        self._facts[_core.NAME] = settings.run_name or ""
        self._step = 0
        self._values: dict[str, Any] = {}

    def log(self, row: dict[str, Any], step: int | None, commit: bool) -> None:
        self._values.update(row)
        self._step = (self._step if step is None else step) + int(commit)

    def summary(self) -> str:
        import json

        return json.dumps(self._values, default=str)

    def update_summary(self, values: dict[str, Any]) -> None:
        self._values.update(values)

    def update_config(self, values: dict[str, Any]) -> None:
        return None

    def define_metric(self, *arguments: Any) -> None:
        return None

    def describe(self, name: str | None, notes: str | None, tags: list[str] | None) -> None:
        return None

    def get(self, fact: int) -> str:
        return self._facts.get(fact, "")

    def set_encoder(self, encode: Any) -> None:
        return None

    def append_record(self, record: bytes) -> None:
        return None

    def save(self, path: str, policy: int) -> None:
        return None

    def output(self, is_stderr: bool, text: str) -> None:
        return None

    def ask(self, kind: str, payload: str, timeout_ms: int) -> str:
        raise Error("the run is disabled: nothing is sent")

    def start_time(self) -> float:
        import time

        return time.time()

    def next_step(self) -> int:
        return self._step

    def finish(self, exit_code: int) -> None:
        return None
