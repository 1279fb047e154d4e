"""sweeps.py - searching for parameters: making a sweep, and running what it asks for. Steering one: see steering.py."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any, Callable, Iterator, Mapping, NamedTuple, Sequence

from barograph.errors import CommError, UsageError
from barograph.settings import Settings
from barograph.terminal import Terminal
from barograph.transport import HttpError, Transport

HEARTBEAT_S = 5.0
KILL_AFTER_S = 30.0
FAILURES_MAX = 5

UPSERT = """mutation UpsertSweep($id: ID, $config: String, $entityName: String, $projectName: String,
  $controller: JSONString, $priorRunsFilters: JSONString, $state: String) {
  upsertSweep(input: {id: $id, config: $config, entityName: $entityName, projectName: $projectName,
    controller: $controller, priorRunsFilters: $priorRunsFilters, state: $state}) {
    sweep { id name project { name entity { name } } } configValidationWarnings } }"""
_CREATE_AGENT = """mutation CreateAgent($host: String!, $projectName: String, $entityName: String, $sweep: String!) {
  createAgent(input: {host: $host, projectName: $projectName, entityName: $entityName, sweep: $sweep}) { agent { id } } }"""
_HEARTBEAT = """mutation Heartbeat($id: ID!, $metrics: JSONString, $runState: JSONString) {
  agentHeartbeat(input: {id: $id, metrics: $metrics, runState: $runState}) { agent { id } commands } }"""
_SWEEP = """query SweepWithRuns($entity: String, $project: String!, $sweep: String!, $specs: [JSONString!]!) {
  project(name: $project, entityName: $entity) { sweep(sweepName: $sweep) {
    id name method state config controller scheduler
    runs { edges { node { name state stopped shouldStop config summaryMetrics sampledHistory(specs: $specs) } } } } } }"""


class Place(NamedTuple):
    """Which sweep: its id, and whose it is, as far as that was said."""

    sweep: str
    entity: str | None
    project: str | None


class Assignment(NamedTuple):
    """What the sweep asks of one run; init takes it up."""

    sweep_id: str
    run_id: str
    entity: str | None
    project: str | None
    parameters: dict[str, Any]


current: Assignment | None = None


def place_of(text: str, entity: str | None = None, project: str | None = None) -> Place:
    """"SWEEP", "PROJECT/SWEEP" or "ENTITY/PROJECT/SWEEP"; what is missing comes from the settings."""
    parts = text.split("/")
    if not 1 <= len(parts) <= 3 or not all(parts):
        raise UsageError(f"a sweep is written [[ENTITY/]PROJECT/]SWEEP, got {text!r}")
    settings = Settings().filled()
    sweep = parts[-1]
    project = parts[-2] if len(parts) > 1 else project or settings.project or "uncategorized"
    entity = parts[-3] if len(parts) > 2 else entity or settings.entity
    return Place(sweep, entity, project)


def new_transport() -> Transport:
    settings = Settings().filled()
    if settings.api_key is None:
        raise UsageError(f"a sweep needs the server: there is no API key for {settings.base_url}; `barograph login` keeps one")
    return Transport(settings.base_url or "", settings.api_key)


def sweep(
    sweep: dict[str, Any] | Callable[[], dict[str, Any]],
    entity: str | None = None,
    project: str | None = None,
    prior_runs: list[str] | None = None,
) -> str:
    """Makes a sweep and answers its id.

    Args:
        sweep: What is searched: a dictionary with "method", "metric", "parameters" and so on, or a function that makes one.
        entity: Whose it is; the key's own user by default.
        project: The project that its runs are in.
        prior_runs: Ids of runs that it takes into account from the beginning.
    """
    config = dict(sweep()) if callable(sweep) else dict(sweep)
    if not config.get("parameters"):
        raise UsageError("a sweep's configuration has parameters")
    settings = Settings().filled()
    filters = {"$or": [{"name": run} for run in prior_runs]} if prior_runs else None
    answer = new_transport().query(
        UPSERT,
        {
            "config": json.dumps(config),
            "entityName": entity or config.get("entity") or settings.entity,
            "projectName": project or config.get("project") or settings.project or "uncategorized",
            "priorRunsFilters": json.dumps(filters) if filters else None,
        },
    )["upsertSweep"]
    terminal = Terminal()
    for warning in answer.get("configValidationWarnings") or ():
        terminal.warning(warning)
    made = answer["sweep"]
    owner, name = made["project"]["entity"]["name"], made["project"]["name"]
    terminal.info(f"sweep {made['name']} is at {settings.app_url}/{owner}/{name}/sweeps/{made['name']}")
    return str(made["name"])


def set_state(sweep_id: str, state: str, entity: str | None = None, project: str | None = None) -> None:
    """PAUSED, RUNNING, FINISHED or CANCELED."""
    place = place_of(sweep_id, entity, project)
    transport = new_transport()
    found = read_sweep(transport, place)
    named = {"id": found["id"], "state": state, "entityName": place.entity, "projectName": place.project}
    transport.query(UPSERT, named)


def read_sweep(transport: Transport, place: Place, specs: Sequence[str] = ()) -> dict[str, Any]:
    """The sweep as the server has it, with its runs; specs ask for their histories."""
    variables: dict[str, Any] = {"entity": place.entity, "project": place.project, "sweep": place.sweep, "specs": list(specs)}
    with _named(place):
        found: dict[str, Any] | None = (transport.query(_SWEEP, variables).get("project") or {}).get("sweep")
    if not found:
        raise _no_sweep(place)
    return found


def _no_sweep(place: Place) -> UsageError:
    return UsageError(f"there is no sweep {place.sweep} in {place.project}; a sweep is written [[ENTITY/]PROJECT/]SWEEP")


@contextlib.contextmanager
def _named(place: Place) -> Iterator[None]:
    """What is not found is told with the name that was asked for."""
    try:
        yield
    except HttpError as error:
        if "not found" not in str(error):
            raise
        raise _no_sweep(place) from None


def config_of(sweep: Mapping[str, Any]) -> dict[str, Any]:
    """What a sweep that was read is configured with."""
    from barograph.yaml import load

    config = load(sweep["config"] or "{}", "the sweep's configuration")
    return config if isinstance(config, dict) else {}


# ---- agents ----


class _Link:
    """One agent's talk with the server."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.offered: list[dict[str, Any]] = []
        self._transport = new_transport()
        agent = {"host": socket.gethostname(), "projectName": place.project, "entityName": place.entity, "sweep": place.sweep}
        with _named(place):
            answer = self._transport.query(_CREATE_AGENT, agent)
        self.id: str = answer["createAgent"]["agent"]["id"]

    def beat(self, running: list[str]) -> list[dict[str, Any]]:
        """What is to be done now. A sweep that is gone says exit; a server that is away says nothing."""
        variables = {"id": self.id, "metrics": "{}", "runState": json.dumps({run: True for run in running})}
        try:
            commands = self._transport.query(_HEARTBEAT, variables)["agentHeartbeat"]["commands"]
        except HttpError as error:
            return [{"type": "exit"}] if error.status == 404 else []
        except CommError as error:
            return [{"type": "exit"}] if "not found" in str(error).lower() else []
        parsed = json.loads(commands or "[]")
        return parsed if isinstance(parsed, list) else []


def _plain_parameters(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value["value"] if isinstance(value, Mapping) and "value" in value else value
        for name, value in (arguments or {}).items()
    }


def agent(
    sweep_id: str,
    function: Callable[[], Any] | None = None,
    entity: str | None = None,
    project: str | None = None,
    count: int | None = None,
    forward_signals: bool = False,
    term_timeout: int | None = None,
    max_consecutive_failed_runs: int | None = None,
) -> None:
    """Runs what a sweep asks for until it has nothing more, or `count` runs have been made.

    Args:
        sweep_id: The sweep: ID, PROJECT/ID or ENTITY/PROJECT/ID.
        function: Called for each run, and itself calls init; without one the sweep's program is started.
        entity: Whose sweep it is, when sweep_id does not say.
        project: The project it is in, when sweep_id does not say.
        count: How many runs at most.
        forward_signals: Whether SIGINT and SIGTERM are handed on to the program that runs.
        term_timeout: Seconds that a program has to end after it was asked to.
        max_consecutive_failed_runs: After so many failures in a row the agent gives up; 5 by default.
    """
    link = _Link(place_of(sweep_id, entity, project))
    worker = _FunctionWorker(link, function) if function is not None else _ProgramWorker(link, forward_signals, term_timeout)
    failures_max = max_consecutive_failed_runs or int(os.environ.get("WANDB_AGENT_MAX_INITIAL_FAILURES", FAILURES_MAX))
    made = failures = 0
    terminal = Terminal()
    while count is None or made < count:
        command = _next_command(link)
        if command is None:
            break
        made += 1
        parameters = _plain_parameters(command.get("args") or {})
        terminal.info(f"run {command['run_id']} with {parameters}")
        if worker.run(command, parameters):
            failures = 0
            continue
        failures += 1
        if failures >= failures_max:
            terminal.error(f"{failures} runs failed one after the other; the agent gives up")
            break


def _next_command(link: _Link) -> dict[str, Any] | None:
    """Waits for a run; None when there will be none."""
    while True:
        commands, link.offered = link.offered or link.beat([]), []
        for command in commands:
            if command.get("type") in ("run", "resume"):
                return command
            if command.get("type") == "exit":
                return None
        time.sleep(HEARTBEAT_S)


class _Heart:
    """Beats while one run goes on; calls stop when the server says so."""

    def __init__(self, link: _Link, run_id: str, stop: Callable[[], None]) -> None:
        self._link, self._run_id, self._stop = link, run_id, stop
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="barograph-agent", daemon=True)

    def __enter__(self) -> _Heart:
        self._thread.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self._ends.set()

    def _beat(self) -> None:
        while not self._ends.wait(HEARTBEAT_S):
            for command in self._link.beat([self._run_id]):
                # The run may have ended before what it is for: the next one is kept until that is done.
                if command.get("type") in ("run", "resume"):
                    self._link.offered.append(command)
                is_ours = command.get("run_id") in (None, self._run_id)
                if command.get("type") in ("stop", "exit") and is_ours and not self._ends.is_set():
                    self._stop()
                    return


class _FunctionWorker:
    """Calls a function in this process, and this thread, for each run."""

    def __init__(self, link: _Link, function: Callable[[], Any]) -> None:
        self._link, self._function = link, function

    def run(self, command: Mapping[str, Any], parameters: dict[str, Any]) -> bool:
        global current
        import barograph

        place = self._link.place
        current = Assignment(place.sweep, command["run_id"], place.entity, place.project, parameters)
        failed = False
        try:
            with _Heart(self._link, command["run_id"], _interrupt):
                self._function()
        except KeyboardInterrupt:
            failed = True
        except Exception as error:
            failed = True
            Terminal().error(f"run {command['run_id']} failed: {type(error).__name__}: {error}")
        finally:
            current = None
            barograph.teardown(1 if failed else 0)
        return not failed


def _interrupt() -> None:
    """As Ctrl-C does: a main thread that waits or sleeps is woken."""
    main = threading.main_thread().ident
    if main is not None:
        signal.pthread_kill(main, signal.SIGINT)


class _ProgramWorker:
    """Starts the sweep's program for each run."""

    def __init__(self, link: _Link, forward_signals: bool, term_timeout: int | None) -> None:
        self._link, self._forwards = link, forward_signals
        self._kill_after = KILL_AFTER_S if term_timeout is None else float(term_timeout)
        self._config = config_of(read_sweep(new_transport(), link.place))

    def run(self, command: Mapping[str, Any], parameters: dict[str, Any]) -> bool:
        argv = command_line(self._config, command.get("program"), parameters)
        place = self._link.place
        environment = {
            **os.environ,
            "WANDB_SWEEP_ID": place.sweep,
            "WANDB_RUN_ID": command["run_id"],
            "WANDB_SWEEP_PARAM_PATH": _write_parameters(place.sweep, command["run_id"], parameters),
        }
        if place.entity:
            environment["WANDB_ENTITY"] = place.entity
        if place.project:
            environment["WANDB_PROJECT"] = place.project
        process = subprocess.Popen(argv, env=environment, start_new_session=self._forwards)
        before = {number: signal.signal(number, lambda got, _: process.send_signal(got)) for number in self._signals()}
        try:
            with _Heart(self._link, command["run_id"], lambda: self._stop(process)):
                return process.wait() == 0
        except KeyboardInterrupt:
            self._stop(process)
            raise
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _signals(self) -> tuple[signal.Signals, ...]:
        is_main = threading.current_thread() is threading.main_thread()
        return (signal.SIGINT, signal.SIGTERM) if self._forwards and is_main else ()

    def _stop(self, process: subprocess.Popen[bytes]) -> None:
        process.terminate()
        try:
            process.wait(self._kill_after)
        except subprocess.TimeoutExpired:
            process.kill()


def _write_parameters(sweep_id: str, run_id: str, parameters: Mapping[str, Any]) -> str:
    folder = os.path.join(Settings().filled().wandb_dir, f"sweep-{sweep_id}")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, f"config-{run_id}.yaml")
    with open(path, "w", encoding="utf-8") as file:
        # JSON is YAML.
        file.writelines(f"{json.dumps(name)}: {json.dumps({'value': value})}\n" for name, value in parameters.items())
    return os.path.abspath(path)


def command_line(config: Mapping[str, Any], program: str | None, parameters: Mapping[str, Any]) -> list[str]:
    """The sweep's command with ${env}, ${interpreter}, ${program}, ${args} and their kin filled in."""
    flags = [f"--{name}={_as_text(value)}" for name, value in parameters.items()]
    bare = [name for name, value in parameters.items() if value is True]
    several = {
        "${args}": flags,
        "${args_no_hyphens}": [flag[2:] for flag in flags],
        "${args_no_boolean_flags}": [f"--{name}" if name in bare else flag for name, flag in zip(parameters, flags)
                                     if parameters[name] is not False],
        "${args_json}": [json.dumps(dict(parameters))],
        "${env}": ["/usr/bin/env"],
        "${interpreter}": [sys.executable],
        "${program}": [str(program or config.get("program") or "")],
    }  # fmt: skip
    argv: list[str] = []
    for part in config.get("command") or ["${env}", "${interpreter}", "${program}", "${args}"]:
        text = str(part)
        if text in several:
            argv += several[text]
            continue
        for name, value in parameters.items():
            text = text.replace(f"${{{name}}}", _as_text(value))
        argv.append(os.path.expandvars(text.replace("${envvar:", "${")))
    if "" in argv:
        raise UsageError("the sweep's configuration names no program")
    return argv


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value) if isinstance(value, (dict, list)) else str(value)
