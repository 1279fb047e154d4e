"""run_facts.py - RunFacts: what is known about a run, and how a notebook shows it. Run is made of it."""

from __future__ import annotations

import os
from typing import Any, Sequence
from urllib.parse import quote

from barograph import _core
from barograph.config import Config, StaticConfig
from barograph.errors import UsageError
from barograph.settings import Settings
from barograph.summary import Summary


class RunFacts:
    """The half of Run that is read."""

    _settings: Settings
    _core: Any
    _is_finished: bool
    _facts: dict[int, str]
    _tags: tuple[str, ...]
    _is_resumed: bool
    _start_time: float
    _first_step: int
    _config: Config
    _summary: Summary

    def _get(self, fact: int) -> str:
        if not self._is_finished:
            self._facts[fact] = self._core.get(fact)
        return self._facts.get(fact, "")

    @property
    def id(self) -> str:
        """The run's identifier."""
        return self._get(_core.RUN_ID)

    @property
    def name(self) -> str | None:
        """The name that is shown; it need not be unique."""
        return self._get(_core.NAME) or self._facts.get(-_core.NAME - 1) or None

    @name.setter
    def name(self, name: str) -> None:
        self._core.describe(name, None, None)

    @property
    def notes(self) -> str | None:
        """Free text about the run."""
        return self._get(_core.NOTES) or self._facts.get(-_core.NOTES - 1) or None

    @notes.setter
    def notes(self, notes: str) -> None:
        self._core.describe(None, notes, None)

    @property
    def tags(self) -> tuple[str, ...] | None:
        """The run's tags; None when it has none."""
        return self._tags or None

    @tags.setter
    def tags(self, tags: Sequence[str]) -> None:
        if isinstance(tags, str):
            raise UsageError("tags are a list of texts, not one text")
        self._core.describe(None, None, list(tags))
        self._tags = tuple(tags)

    @property
    def entity(self) -> str:
        """Whose run it is: a user's or a team's name; empty until a server has said so."""
        return self._get(_core.ENTITY)

    @property
    def project(self) -> str:
        """The project it belongs to."""
        return self._get(_core.PROJECT) or "uncategorized"

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
        return os.path.join(self._get(_core.DIR), "files")

    @property
    def sync_dir(self) -> str:
        """The run's folder, which `barograph sync` sends."""
        return self._get(_core.DIR)

    @property
    def offline(self) -> bool:
        """Whether nothing is sent."""
        return self._settings.mode == "offline"

    @property
    def disabled(self) -> bool:
        """Whether nothing is recorded."""
        return self._settings.mode == "disabled"

    @property
    def resumed(self) -> bool:
        """Whether this went on with a run that the server had."""
        return bool(self._is_resumed)

    @property
    def project_url(self) -> str | None:
        """The project's page; None offline, and until a server has answered."""
        if self.offline or self.disabled or not self.entity:
            return None
        return f"{self._settings.app_url}/{quote(self.entity)}/{quote(self.project)}"

    @property
    def url(self) -> str | None:
        """The run's page; None offline, and until a server has answered."""
        project_url = self.project_url
        return f"{project_url}/runs/{quote(self.id)}" if project_url else None

    @property
    def sweep_id(self) -> str | None:
        """The sweep that started the run."""
        return self._settings.sweep_id

    @property
    def sweep_url(self) -> str | None:
        """The sweep's page; None offline, and without a sweep."""
        project_url = self.project_url
        return f"{project_url}/sweeps/{quote(self.sweep_id)}" if project_url and self.sweep_id else None

    def get_url(self) -> str | None:
        """The run's page, as the property url."""
        return self.url

    def get_project_url(self) -> str | None:
        """The project's page, as the property project_url."""
        return self.project_url

    def get_sweep_url(self) -> str | None:
        """The sweep's page, as the property sweep_url."""
        return self.sweep_url

    def project_name(self) -> str:
        """The project's name, as the property project."""
        return self.project

    @property
    def start_time(self) -> float:
        """When it began: Unix time in seconds."""
        return self._start_time

    @property
    def starting_step(self) -> int:
        """The first step of this process: 0, unless it goes on with a run."""
        return self._first_step

    @property
    def step(self) -> int:
        """The step that the next row will be."""
        return 0 if self._is_finished else int(self._core.next_step())

    @property
    def settings(self) -> Settings:
        """What the run was told: a copy that cannot be changed."""
        return self._settings.frozen()

    @property
    def config(self) -> Config:
        """The run's configuration."""
        return self._config

    @property
    def config_static(self) -> StaticConfig:
        """The configuration as it is now; it cannot be changed."""
        return StaticConfig(self._config)

    @property
    def summary(self) -> Summary:
        """The run's summary."""
        return self._summary

    # ---- showing ----

    def to_html(self, height: int = 420, hidden: bool = False) -> str:
        """An HTML frame with the run's page."""
        import html

        url = self.url
        if url is None:
            return f"<p>The run {html.escape(self.id)} has no page: it is not on a server.</p>"
        frame = f'<iframe src="{html.escape(url)}?jupyter=true" style="border:none;width:100%;height:{int(height)}px"></iframe>'
        return f"<details><summary>Show the run</summary>{frame}</details>" if hidden else frame

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.to_html(hidden=True), "text/plain": repr(self)}

    def display(self, height: int = 420, hidden: bool = False) -> bool:
        """Shows the run in a notebook; False where there is none."""
        from barograph.facts import jupyter

        if jupyter() is None:
            return False
        from IPython.display import HTML, display  # type: ignore[import-not-found, unused-ignore]

        display(HTML(self.to_html(height, hidden)))
        return True

    def __repr__(self) -> str:
        return f"<barograph run {self.path}{' (finished)' if self._is_finished else ''}>"
