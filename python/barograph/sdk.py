"""sdk.py - init, finish, and the functions that work on the run that init made last."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from typing import Any, Callable, Sequence

import barograph
from barograph import _core
from barograph.blocks import start_block
from barograph.config import DEFAULTS_FILE, as_dict, read_yaml
from barograph.errors import AuthenticationError, CommError, Error, UsageError
from barograph.run import Run
from barograph.settings import Settings, variable
from barograph.terminal import Terminal

_RESUMES = {None: 0, "allow": 1, "must": 2, "never": 3}
_REWIND = 4
_active: list[Run] = []
_settings = Settings()


def setup(settings: Settings | dict[str, Any] | None = None) -> Settings:
    """Says what every later init begins with; answers it."""
    _settings.update(settings)
    return _settings


def teardown(exit_code: int | None = None) -> None:
    """Ends all runs."""
    for run in reversed(list(_active)):
        run.finish(exit_code)


def init(
    entity: str | None = None,
    project: str | None = None,
    dir: str | os.PathLike[str] | None = None,
    id: str | None = None,
    name: str | None = None,
    notes: str | None = None,
    tags: Sequence[str] | None = None,
    config: dict[str, Any] | str | Any = None,
    config_exclude_keys: list[str] | None = None,
    config_include_keys: list[str] | None = None,
    allow_val_change: bool | None = None,
    group: str | None = None,
    job_type: str | None = None,
    mode: str | None = None,
    force: bool | None = None,
    anonymous: Any = None,
    reinit: bool | str | None = None,
    resume: bool | str | None = None,
    resume_from: str | None = None,
    fork_from: str | None = None,
    save_code: bool | None = None,
    tensorboard: bool | None = None,
    sync_tensorboard: bool | None = None,
    monitor_gym: bool | None = None,
    settings: Settings | dict[str, Any] | None = None,
) -> Run:
    """Begins a run and makes it `barograph.run`.

    Args:
        entity: The user or team whose run it is; the key's own user by default.
        project: The project; "uncategorized" by default.
        dir: Where the folder `wandb` with the run's files is made; the working folder by default.
        id: The run's id, by which it can be resumed; a new one by default.
        name: A short name to be shown; the server makes one up by default.
        notes: A longer description.
        tags: Words that runs are found by.
        config: The run's inputs: a dictionary, an argparse namespace, or a YAML file's path.
        config_exclude_keys: Keys of config that are left out.
        config_include_keys: Keys of config that are taken, and no others.
        allow_val_change: Whether config values may be changed after they were set.
        group: A name that puts runs together.
        job_type: What kind of job it is, such as "train" or "eval".
        mode: "online", "offline", "disabled", or "shared" for several writers of one run.
        force: Whether a missing API key is an error, rather than a run that is kept for later.
        reinit: What happens when a run is going on already: "return_previous", "finish_previous", "create_new", or
            "default", which is the first of these in scripts and the second in notebooks.
        resume: What happens when the server has a run of that id: "allow" goes on with it, "must" fails when there is
            none, "never" fails when there is one, "auto" goes on with this folder's last run if it did not end well.
        resume_from: "RUN?_step=N": goes on with that run after step N; what came later is hidden.
        fork_from: "RUN?_step=N": a new run that begins with that run's history up to step N.
        save_code: Whether the script is kept with the run.
        sync_tensorboard: Whether what goes to TensorBoard is recorded too.
        monitor_gym: Whether videos of environments are recorded.
        settings: Further settings.
    """
    filled = _fill(
        settings,
        entity=entity, project=project, root_dir=os.fspath(dir) if dir is not None else None, run_id=id,
        run_name=name, run_notes=notes, run_tags=tuple([tags] if isinstance(tags, str) else tags) if tags is not None else None,
        allow_val_change=allow_val_change, run_group=group, run_job_type=job_type, mode=mode, force=force,
        reinit=reinit, resume=resume, resume_from=resume_from, fork_from=fork_from, save_code=save_code,
        sync_tensorboard=sync_tensorboard if sync_tensorboard is not None else tensorboard,
    )  # fmt: skip
    previous = _previous(str(filled.reinit))
    if previous is not None:
        return previous
    values = {**_defaults(), **as_dict(config, config_include_keys, config_exclude_keys)}
    run = _begin(filled)
    _active.append(run)
    barograph.run = run
    _hook_exit()
    _first_records(run, values)
    if not run.disabled:
        run._terminal.info(start_block(run))
    _start_helpers(run, monitor_gym)
    return run


def _fill(given: Settings | dict[str, Any] | None, **told: Any) -> Settings:
    merged = Settings(**_settings.said())
    merged.update(given)
    merged.update({key: value for key, value in told.items() if value is not None})
    return merged.filled()


def _previous(reinit: str) -> Run | None:
    """The run that init answers instead of a new one. Runs of a process that forked since are its own affair."""
    running = [run for run in _active if not run._is_finished]
    if not running or reinit == "create_new":
        return None
    if reinit == "default":
        from barograph.facts import jupyter

        reinit = "finish_previous" if jupyter() is not None else "return_previous"
    if reinit == "return_previous":
        return running[-1]
    for run in reversed(running):
        run.finish()
    return None


def _defaults() -> dict[str, Any]:
    """Values of config-defaults.yaml and of the files that CONFIG_PATHS names."""
    values: dict[str, Any] = {}
    if os.path.exists(DEFAULTS_FILE):
        values.update(read_yaml(DEFAULTS_FILE))
    for path in (variable("CONFIG_PATHS") or "").split(","):
        if path.strip():
            values.update(read_yaml(path.strip()))
    return values


# ---- opening ----


def _begin(settings: Settings) -> Run:
    from barograph import resume

    resume.prepare(settings)
    if settings.mode == "disabled":
        from barograph.disabled import DisabledCore

        return Run(settings, DisabledCore(settings), _forget)
    settings.root_dir = _writable(settings.root_dir or os.getcwd())
    if settings.mode != "offline" and settings.api_key is None:
        _ask_for_key(settings)
    try:
        core = _core.Run(_core_settings(settings), list(settings.run_tags or ()))
    except Error as error:
        raise _explained(error, settings) from None
    run = Run(settings, core, _forget)
    if run.resumed:
        run._take_past()
    resume.remember(run)
    return run


def _core_settings(settings: Settings) -> dict[str, Any]:
    branch, rewind = settings.fork_from, settings.resume_from
    return {
        "dir": settings.root_dir,
        "base_url": settings.base_url,
        "api_key": settings.api_key,
        "entity": settings.entity,
        "project": settings.project,
        "run_id": settings.run_id,
        "name": settings.run_name,
        "notes": settings.run_notes,
        "group": settings.run_group,
        "job_type": settings.run_job_type,
        "sweep_id": settings.sweep_id,
        "config": _first_config(settings),
        "git_remote": settings.git_remote_url,
        "git_commit": settings.git_commit,
        "is_offline": "yes" if settings.mode == "offline" else None,
        "init_timeout": settings.init_timeout,
        "stats_interval": -1.0 if settings.x_disable_stats else settings.x_stats_sampling_interval,
        "resume": _REWIND if rewind else _RESUMES[settings.resume],
        "rewind_step": float(rewind.step) if rewind else 0.0,
        "fork_run": branch.run if branch else None,
        "fork_step": float(branch.step) if branch else 0.0,
        "client_id": settings.mode == "shared" and _client_id() or None,
        "label": settings.x_label,
        "is_secondary": "yes" if settings.mode == "shared" and not settings.x_primary else None,
        "wants_git": not (settings.disable_git or settings.x_disable_meta),
        "wants_history": settings.show_info,
        "stops_by_signal": settings.stop_fn is None and _hears_interrupts(),
        "package_folders": _package_folders(settings),
        "python_version": ".".join(str(part) for part in sys.version_info[:3]),
    }


def _first_config(settings: Settings) -> str | None:
    """What a sweep chose goes with the run itself: the server has it already, and would lose it until the config comes."""
    import json

    from barograph.resume import sweep_parameters

    parameters = sweep_parameters(settings)
    return json.dumps(parameters, default=str) if parameters else None


def _hears_interrupts() -> bool:
    """SIGINT is a KeyboardInterrupt here, and nobody's program is ended by it."""
    import signal

    return signal.getsignal(signal.SIGINT) is signal.default_int_handler


def _client_id() -> str:
    import uuid

    return uuid.uuid4().hex


def _package_folders(settings: Settings) -> str:
    from barograph.facts import package_folders

    keeps = settings.x_save_requirements and not settings.x_disable_meta
    return os.pathsep.join(package_folders()) if keeps else ""


def _writable(folder: str) -> str:
    """Where nothing can be written, runs go to the temporary folder, and it is said."""
    try:
        os.makedirs(os.path.join(folder, "wandb"), exist_ok=True)
        if os.access(os.path.join(folder, "wandb"), os.W_OK | os.X_OK):
            return folder
    except OSError:
        pass
    import tempfile

    other = tempfile.gettempdir()
    Terminal().warning(f"{folder} cannot be written to; the run is kept in {other}/wandb")
    return other


def _ask_for_key(settings: Settings) -> None:
    """A person is asked; a script goes on without a key and says so, unless `force` makes that an error."""
    from barograph.api_key import ask_for_key

    key = ask_for_key(settings)
    if key is not None:
        settings.api_key = key
    elif settings.force:
        raise _no_key(settings)


def _no_key(settings: Settings) -> AuthenticationError:
    ways = "`barograph login` keeps one, BAROGRAPH_API_KEY holds one, and mode='offline' does without"
    return AuthenticationError(f"there is no API key for {settings.base_url}: {ways}")


def _explained(error: Error, settings: Settings) -> Error:
    code = getattr(error, "code", 0)
    text = str(error)
    if code == _core.REFUSED and any(word in text.lower() for word in ("api key", "authenticat", "401", "log in", "credential")):
        if settings.api_key is None:
            return _no_key(settings)
        return AuthenticationError(f"{settings.base_url} does not accept the API key: {text}; `barograph login` keeps another")
    if code == _core.REFUSED and "resume is" in text:
        return UsageError(text)
    if code == _core.REFUSED and settings.entity and "not found" in text:
        text += f": there is no user or team {settings.entity!r}, or the key may not write to it"
    return CommError(text) if code in (_core.REFUSED, _core.TIMED_OUT) else error


def _first_records(run: Run, values: dict[str, Any]) -> None:
    if not run.disabled and not run._settings.x_disable_meta:
        from barograph.facts import environment_record

        run._append_record(environment_record(run._settings, run.start_time))
    from barograph.resume import sweep_parameters

    locked = sweep_parameters(run._settings)
    if locked:
        run.config.update_locked(locked, user="sweep")
    run.config.update(values, allow_val_change=run.resumed or None)


def _start_helpers(run: Run, monitor_gym: bool | None) -> None:
    """Console, code, stop requests, TensorBoard: what runs beside the training."""
    if run.disabled:
        return
    from barograph.console import Capture

    mode = {"auto": "wrap", "wrap_raw": "wrap", "wrap_emu": "wrap"}.get(run._settings.console, run._settings.console)
    run._capture = Capture(mode, _console_writer(run))
    if run._settings.save_code:
        from barograph.code import save_script

        save_script(run)
    if run._settings.stop_fn is not None:
        threading.Thread(target=_watch_for_stop, args=(run,), name="barograph-stop", daemon=True).start()
    if run._settings.sync_tensorboard:
        from barograph.integration import tensorboard

        tensorboard.follow(run)
    if monitor_gym:
        from barograph.integration import gym

        gym.monitor(run)


def _console_writer(run: Run) -> Callable[[bool, str], None]:
    output = run._core.output

    def write(is_stderr: bool, text: str) -> None:
        try:
            output(is_stderr, text)
        except Error:
            return

    return write


def _watch_for_stop(run: Run) -> None:
    import time

    while not run._is_finished:
        time.sleep(5)
        try:
            if run._ask("status", {}, 10).get("is_stopped") and run._settings.stop_fn is not None:
                run._settings.stop_fn()
                return
        except (CommError, Error):
            return


def _forget(run: Run) -> None:
    if run in _active:
        _active.remove(run)
    if barograph.run is run:
        barograph.run = _active[-1] if _active else None


# ---- the end of the program ----

_exit_code: int | None = None
_has_hooks = False


def _hook_exit() -> None:
    """Notes how the program ends, so that its runs end so too. Once, and not before there is a run."""
    global _has_hooks
    if _has_hooks:
        return
    _has_hooks = True
    previous_hook, previous_exit = sys.excepthook, sys.exit

    def note_exception(kind: type[BaseException], error: BaseException, traceback: Any) -> None:
        global _exit_code
        _exit_code = 255 if issubclass(kind, KeyboardInterrupt) else 1
        previous_hook(kind, error, traceback)

    def note_exit(code: Any = None) -> Any:
        global _exit_code
        _exit_code = 0 if code is None else code if isinstance(code, int) else 1
        previous_exit(code)

    sys.excepthook = note_exception
    sys.exit = note_exit
    atexit.register(_at_exit)


def _at_exit() -> None:
    teardown(_exit_code or 0)


def finish(exit_code: int | None = None, quiet: bool | None = None) -> None:
    """Ends the current run, if there is one."""
    if barograph.run is not None:
        barograph.run.finish(exit_code, quiet)


join = finish


def attach(run_id: str | None = None, run: Run | None = None) -> Run:
    """The running run of that id."""
    for each in _active:
        if each is run or each.id == run_id:
            barograph.run = each
            return each
    raise UsageError(f"no run {run_id!r} is going on in this process")


def ensure_configured() -> None:
    """Nothing has to be done beforehand."""


def require(requirement: str | None = None, experiment: Any = None) -> None:
    """Asks the official client for its experiments; here there are none to switch on."""


def restore(name: str, run_path: str | None = None, replace: bool = False, root: str | None = None) -> Any:
    """Downloads a file of a run, the current one by default, and opens it; see Run.restore."""
    from barograph.files import restore as restore_file

    return restore_file(name, run_path, replace, root, run=barograph.run)


class _OfCurrentRun:
    """A function of the module that is the current run's method of the same name."""

    def __init__(self, name: str) -> None:
        self.__name__ = self.__qualname__ = name
        self.__doc__ = getattr(Run, name).__doc__
        self.__wrapped__ = getattr(Run, name)

    def __call__(self, *args: Any, **named: Any) -> Any:
        run = barograph.run
        if run is None:
            raise Error(f"call barograph.init() before barograph.{self.__name__}()")
        return getattr(run, self.__name__)(*args, **named)

    def __repr__(self) -> str:
        return f"<function barograph.{self.__name__}>"


OF_CURRENT_RUN = (
    "alert",
    "define_metric",
    "finish_artifact",
    "link_artifact",
    "link_model",
    "log",
    "log_artifact",
    "log_code",
    "log_model",
    "mark_preempting",
    "pin_config_keys",
    "save",
    "unwatch",
    "upsert_artifact",
    "use_artifact",
    "use_model",
    "watch",
)
functions = {name: _OfCurrentRun(name) for name in OF_CURRENT_RUN}
