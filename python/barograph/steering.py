"""steering.py - a sweep that is steered from here: its configuration says `controller: {type: local}`.

The controller says in the sweep's `controller` what is to be run and stopped, the server in its `scheduler` which run
that became; one suggestion waits at a time. The server answers what its own search would try next and which runs it would
stop; functions of the caller's may stand in their places: search(config, runs) answers a run whose config is next, or
None; stopping(config, runs) answers runs to stop.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any, Callable, Iterable, Mapping, Optional

from barograph.errors import CommError, Error
from barograph.sweeps import UPSERT, config_of, new_transport, place_of, read_sweep, sweep

STEP_S = 5.0
# Of the states that a sweep may be in.
_GOES_ON = ("RUNNING", "PENDING", "PAUSED", "PREEMPTING")
METHODS = ("grid", "random", "bayes")

# One of them at a time: each takes the server some thought.
_ADVICE = """query SweepAdvice($entity: String, $project: String!, $sweep: String!) {
  project(name: $project, entityName: $entity) { sweep(sweepName: $sweep) { id %s } } }"""


class ControllerError(Error):
    """What a controller was asked for makes no sense now."""


class SweepRun:
    """A run of a sweep, as searches and stoppers see it; a search's answer needs a config only."""

    def __init__(self, config: Mapping[str, Any] | None = None, **facts: Any) -> None:
        self.config: dict[str, Any] = dict(config or {})
        self.name: str | None = facts.get("name")
        self.state: str = facts.get("state", "pending")
        self.summary_metrics: dict[str, Any] = facts.get("summary_metrics") or {}
        self.history: list[dict[str, Any]] = facts.get("history") or []
        self.stopped: bool = bool(facts.get("stopped"))
        self.should_stop: bool = bool(facts.get("should_stop"))
        self.early_terminate_info: dict[str, Any] | None = None


Search = Callable[[dict[str, Any], list[SweepRun]], Optional[SweepRun]]
Stopping = Callable[[dict[str, Any], list[SweepRun]], Iterable[SweepRun]]


class Controller:
    """Steers a sweep. Made without one, it is configured first, and create() makes the sweep."""

    def __init__(
        self,
        sweep_id_or_config: str | dict[str, Any] | None = None,
        entity: str | None = None,
        project: str | None = None,
    ) -> None:
        self._entity, self._project = entity, project
        self._config: dict[str, Any] = {}
        self._search: Search | None = None
        self._stopping: Stopping | None = None
        self._sweep_id: str | None = None
        self._is_started = False
        self._state: dict[str, Any] = {}
        self._wanted: dict[str, Any] = {}
        self._sweep_runs: list[SweepRun] = []
        self._suggested: dict[str, dict[str, Any]] = {}
        self._actions: list[str] = []
        if isinstance(sweep_id_or_config, str):
            self._sweep_id = sweep_id_or_config
        elif isinstance(sweep_id_or_config, dict):
            self.configure(dict(sweep_id_or_config))
            self.create()
        elif sweep_id_or_config is not None:
            raise ControllerError(f"a sweep's id or configuration is steered, got {type(sweep_id_or_config).__name__}")

    # ---- configuring ----

    def _change(self, *path: str, **values: Any) -> None:
        if self._sweep_id is not None:
            raise ControllerError(f"the sweep {self._sweep_id} is made; it cannot be configured any more")
        place = self._config
        for key in path:
            place = place.setdefault(key, {})
        place.update(values)

    def configure(self, sweep_dict_or_config: dict[str, Any] | str) -> None:
        """All at once: a dictionary, or YAML."""
        if self._config:
            raise ControllerError("the controller is configured already")
        if isinstance(sweep_dict_or_config, str):
            from barograph.yaml import load

            sweep_dict_or_config = load(sweep_dict_or_config, "the sweep's configuration")
        if not isinstance(sweep_dict_or_config, dict):
            raise ControllerError("a sweep's configuration is a dictionary")
        method = sweep_dict_or_config.get("method")
        self._change(**sweep_dict_or_config)
        if callable(method):
            self.configure_search(method)

    def configure_search(self, search: str | Search) -> None:
        """grid, random, bayes, or a function."""
        if callable(search):
            self._search, search = search, "custom"
            if self._sweep_id is not None:
                return  # made by somebody else, for a function of theirs
        self._change(method=search)

    def configure_stopping(self, stopping: str | Callable[[dict[str, Any]], Stopping], **kwargs: Any) -> None:
        """"hyperband" with min_iter and so on; or a function that is given them, and answers the one that is asked."""
        if callable(stopping):
            self._stopping = stopping(kwargs)
            if self._sweep_id is None:
                self._change("early_terminate", type="custom")
        elif stopping == "hyperband":
            self._change("early_terminate", type=stopping, **kwargs)
        else:
            raise ControllerError(f"runs are stopped by hyperband or by a function, not by {stopping!r}")

    def configure_metric(self, metric: str, goal: str | None = None) -> None:
        """What is searched for, and whether little or much of it: minimize or maximize."""
        self._change("metric", name=metric, **({"goal": goal} if goal else {}))

    def configure_program(self, program: str) -> None:
        """What agents run."""
        if not isinstance(program, str):
            raise ControllerError("a program is a path; functions are agents' affair")
        self._change(program=program)

    def configure_name(self, name: str) -> None:
        """What the sweep is called."""
        self._change(name=name)

    def configure_description(self, description: str) -> None:
        """Words about the sweep."""
        self._change(description=description)

    def configure_parameter(self, name: str, **spec: Any) -> None:
        """One parameter: value, values, or distribution with min, max, mu, sigma, q, a and b."""
        said = {key: value for key, value in spec.items() if value is not None}
        self._change("parameters", name, **(said or {"value": None}))

    def configure_controller(self, type: str) -> None:
        """Local, which it is anyway."""
        self._change("controller", type=type)

    def create(self) -> str:
        """Makes the sweep, and answers its id."""
        if not self._config:
            raise ControllerError("a sweep is configured before it is made")
        if self._search is None and self._config.get("method") not in METHODS:
            raise ControllerError(f"a controller searches by {', '.join(METHODS)} or a function, not by {self._config.get('method')!r}")
        self._change("controller", type="local")
        self._sweep_id = sweep(self._config, self._entity, self._project)
        return self._sweep_id

    @property
    def sweep_id(self) -> str | None:
        """The sweep; None until it is made."""
        return self._sweep_id

    @property
    def sweep_config(self) -> dict[str, Any]:
        """What it was configured with."""
        return config_of(self._state) if self._state else self._config

    # ---- looking ----

    def _start(self) -> None:
        if self._is_started:
            return
        if self._sweep_id is None:
            raise ControllerError("there is no sweep yet: create() makes it")
        self._place = place_of(self._sweep_id, self._entity, self._project)
        self._transport = new_transport()
        self._read()
        if (self.sweep_config.get("controller") or {}).get("type") != "local":
            raise ControllerError(f"the sweep {self._sweep_id} is steered by the server: its controller is not of type local")
        self._is_started = True
        self._wanted = {}
        self._write()

    def _read(self) -> None:
        metric = (config_of(self._state).get("metric") or {}).get("name") if self._state else None
        specs = [json.dumps({"keys": ["_step", metric], "samples": 100_000})] if metric else []
        self._state = read_sweep(self._transport, self._place, specs)
        self._wanted = json.loads(self._state.get("controller") or "{}")
        self._sweep_runs = [_run_of(edge["node"]) for edge in self._state["runs"]["edges"]]
        # A run that has just begun may not have said its config.
        suggested = {each.get("runid"): self._suggested.get(each["id"]) for each in self._scheduled()}
        for run in self._sweep_runs:
            run.config = {**(suggested.get(run.name) or {}), **run.config}

    def _scheduled(self) -> list[dict[str, Any]]:
        """What the server has made runs of: {id, runid}."""
        return json.loads(self._state.get("scheduler") or "{}").get("scheduled") or []

    def _write(self) -> None:
        variables = {
            "id": self._state["id"],
            "config": self._state["config"],
            "entityName": self._place.entity,
            "projectName": self._place.project,
            "controller": json.dumps(self._wanted),
        }
        self._transport.query(UPSERT, variables)

    def _forget_what_was_done(self) -> None:
        """Suggestions that became runs, and runs that have ended, are asked for no more."""
        runs = {run.name: run for run in self._sweep_runs}
        started, ended = set(), set()
        for entry in self._scheduled():
            run = runs.get(entry.get("runid"))
            if run is None or (run.state == "pending" and not run.summary_metrics):
                continue
            started.add(entry["id"])
            if run.stopped or run.state != "running":
                ended.add(run.name)
        self._wanted["schedule"] = [each for each in self._wanted.get("schedule") or () if each["id"] not in started]
        self._wanted["earlystop"] = [name for name in self._wanted.get("earlystop") or () if name not in ended]

    def done(self) -> bool:
        """Whether the sweep has ended."""
        self._start()
        return self._state.get("state") not in _GOES_ON

    # ---- steering ----

    def search(self) -> SweepRun | None:
        """What to run next; None when there is nothing left."""
        self._start()
        if self._search is not None:
            return self._search(self.sweep_config, self._sweep_runs)
        method = self.sweep_config.get("method")
        if method not in METHODS:
            raise ControllerError(f"the sweep {self._sweep_id} has a search of its own, {method!r}: configure_search() names the function")
        suggestion = self._ask("suggestion")
        return None if suggestion is None else SweepRun(json.loads(suggestion))

    def _ask(self, field: str) -> Any:
        """What the server would do."""
        try:
            answer = self._transport.query(_ADVICE % field, self._place._asdict())
        except CommError as error:
            if field in str(error):
                raise ControllerError(f"this server gives no advice: search and stop by functions ({error})") from None
            raise
        return answer["project"]["sweep"][field]

    def schedule(self, run: SweepRun | None) -> None:
        """Has the next agent that asks run it, unless another waits; None: there are no more."""
        self._start()
        if self._wanted.get("schedule"):
            return
        arguments = None if run is None else run.config
        if arguments is not None:
            shown = ",".join(f"{name}={(value or {}).get('value')}" for name, value in sorted(arguments.items()))
            self._actions.append(f"Schedule ({shown})")
        entry = os.urandom(5).hex()
        self._suggested[entry] = arguments or {}
        self._wanted["schedule"] = [{"id": entry, "data": {"args": arguments}}]
        self._write()

    def stopping(self) -> list[SweepRun]:
        """The runs that the stopper would stop now."""
        self._start()
        if self._stopping is not None:
            return list(self._stopping(self.sweep_config, self._sweep_runs))
        if (self.sweep_config.get("early_terminate") or {}).get("type") != "hyperband":
            return []
        names = self._ask("runsToStop")
        return [run for run in self._sweep_runs if run.name in names]

    def stop_runs(self, runs: Iterable[SweepRun]) -> None:
        """Has these runs stopped."""
        self._start()
        self._wanted["earlystop"] = sorted({run.name for run in runs if run.name})
        self._actions.append(f"Stop ({','.join(self._wanted['earlystop'])})")
        self._write()

    def step(self) -> None:
        """Looks at the sweep, schedules a run when none waits, and stops those that the stopper names."""
        self._start()
        self._read()
        self._forget_what_was_done()
        self._actions = []
        if not self._wanted.get("schedule") and not self.done():
            self.schedule(self.search())
        to_stop = self.stopping()
        if to_stop:
            self.stop_runs(to_stop)

    def run(self, verbose: bool = False, print_status: bool = True, print_actions: bool = False, **unused: Any) -> None:
        """Steps until the sweep has ended."""
        while not self.done():
            if print_status or verbose:
                self.print_status()
            self.step()
            if print_actions or verbose:
                self.print_actions()
            time.sleep(STEP_S)

    # ---- telling ----

    def print_status(self) -> None:
        """One line: how many runs are in which state."""
        self._start()
        states: dict[str, int] = {}
        for run in self._sweep_runs:
            states[run.state] = states.get(run.state, 0) + 1
        counts = ", ".join(f"{state.capitalize()}: {count}" for state, count in sorted(states.items()))
        method = self.sweep_config.get("method", "unknown")
        print(f"Sweep: {self._place.sweep} ({method}) | Runs: {len(self._sweep_runs)}{f' ({counts})' if counts else ''}")

    def print_actions(self) -> None:
        """What the last step did."""
        for line in self._actions:
            print(line)
        self._actions = []


def _run_of(node: Mapping[str, Any]) -> SweepRun:
    history = [row for rows in node.get("sampledHistory") or () for row in rows]
    return SweepRun(
        json.loads(node.get("config") or "{}"),
        name=node["name"],
        state=node["state"],
        summary_metrics=json.loads(node.get("summaryMetrics") or "{}"),
        history=[json.loads(row) if isinstance(row, str) else row for row in history],
        stopped=node.get("stopped"),
        should_stop=node.get("shouldStop"),
    )


def controller(
    sweep_id_or_config: str | dict[str, Any] | None = None, entity: str | None = None, project: str | None = None
) -> Controller:
    """A controller of a sweep that is steered from here."""
    return Controller(sweep_id_or_config, entity, project)
