"""run.py - Run: one experiment that is being recorded."""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Sequence, TextIO

from barograph import _core
from barograph.config import Config
from barograph.errors import ChartsFound, CommError, Error, UsageError
from barograph.metric import Metric
from barograph.protobuf import integer, message, text
from barograph.run_facts import RunFacts
from barograph.run_outputs import RunOutputs
from barograph.settings import Settings
from barograph.summary import Summary
from barograph.terminal import Terminal, short_path

if TYPE_CHECKING:
    from barograph.console import Capture
    from barograph.disabled import DisabledCore

_MODES = {
    "min": _core.MIN,
    "max": _core.MAX,
    "mean": _core.MEAN,
    "best": _core.BEST,
    "last": _core.LAST,
    "none": _core.NO_SUMMARY,
    "copy": 0,
}
_POLICIES = {"now": 0, "end": 1, "live": 2}
_GOALS = {None: _core.NO_GOAL, "minimize": _core.MINIMIZE, "maximize": _core.MAXIMIZE}
_ALERT_RECORD, _PREEMPTING_RECORD = 10, 23
_WAIT_MS = 100


class RunStatus(NamedTuple):
    """How far sending has come."""

    sync_items_total: int
    sync_items_pending: int
    sync_time: Any = None
    problem: str | None = None


def _modes(summary: str | None) -> int:
    modes = 0
    for name in (summary or "").split(","):
        if name.strip() and name.strip() not in _MODES:
            raise UsageError(f"a summary is one of {', '.join(_MODES)}, got {name.strip()!r}")
        modes |= _MODES.get(name.strip(), 0)
    return modes


class Run(RunFacts, RunOutputs):
    """A unit of recording; `barograph.init` makes it. Use it as a context manager, or call finish()."""

    def __init__(self, settings: Settings, core: _core.Run | DisabledCore, ended: Callable[[Run], None]) -> None:
        self._settings = settings
        self._core: Any = core
        self._ended = ended
        self._is_finished = False
        self._capture: Capture | None = None
        self._terminal = Terminal(settings.show_info, settings.show_warnings, settings.show_errors)
        self._tags = tuple(settings.run_tags or ())
        self._facts: dict[int, str] = {}
        self._summary_at_end = "{}"
        self._start_time: float = core.start_time()
        self._is_resumed = core.is_resumed()
        self._first_step: int = core.next_step()
        self._config = Config(core.update_config, settings.allow_val_change)
        self._config.__dict__["_use_artifact"] = self._config_artifact
        self._is_writing_summary = False
        self._summary = Summary(self._read_summary, self._write_summary, self._remove_summary)
        self._log = core.log
        core.set_encoder(self._encode)

    # ---- what media, artifacts and models build on ----

    def _encode(self, key: str, value: Any) -> Any:
        """Plain JSON for a value that is no number, text or container; its files are written on the way."""
        from barograph.values import to_json

        # Files are named after the step that the run is at when they are logged; those of the summary have none.
        return to_json(self, key, "summary" if self._is_writing_summary else self.step, value)

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

    def _config_artifact(self, key: str, value: Any) -> Any:
        """An artifact in the config is one that the run uses."""
        if self.offline or self.disabled:
            return value
        return self.use_artifact(value, use_as=key)

    def _read_summary(self) -> str:
        return self._summary_at_end if self._is_finished else self._core.summary()

    def _write_summary(self, values: dict[str, Any]) -> None:
        self._is_writing_summary = True
        try:
            self._core.update_summary(values)
        finally:
            self._is_writing_summary = False

    def _remove_summary(self, path: list[str]) -> None:
        self._core.remove_summary(path)

    def _take_past(self) -> None:
        """What a run that is gone on with had: its config, where nothing else was said, its name, notes and tags."""
        past_json = self._core.past()
        past: dict[str, Any] = json.loads(past_json) if past_json else {}
        self._config.__dict__["_values"].update(past.get("config") or {})
        if not self._tags:
            self._tags = tuple(past.get("tags") or ())
        for fact, name in ((_core.NOTES, "notes"), (_core.NAME, "name")):
            if past.get(name) and not self._get(fact):
                self._facts[-fact - 1] = past[name]

    # ---- recording ----

    def log(self, data: dict[str, Any], step: int | None = None, commit: bool | None = None) -> None:
        """Records a row.

        Without a step each call is a step of its own, unless commit=False leaves it open for the next call. With a
        step, rows of the same step are joined, and one that is behind the run's is left out with a warning. Keys are
        texts; one with a slash is shown in the section that is before the slash.
        """
        if commit is None:
            commit = step is None
        if type(data) is not dict:
            data = _row(data)
        try:
            self._log(data, step, commit)
        except ChartsFound:
            from barograph.data_types.encode import without_charts

            self.log(without_charts(self, data), step, commit)
        except Error as error:
            self._refused(error, step)

    def _refused(self, error: Error, step: int | None) -> None:
        if self._is_finished:
            raise UsageError(f"the run {self.id} is finished; nothing can be logged to it") from None
        if getattr(error, "code", 0) == _core.FULL:
            self._terminal.warning("the disk is full: rows are dropped, and counted in the end", once=True)
            return
        if step is None or "behind the run's step" not in str(error):
            raise error
        self._terminal.warning(
            f"{error}. Steps only go up; to draw over another axis, log it as a value and name it in define_metric"
        )

    def define_metric(
        self,
        name: str,
        step_metric: str | Metric | None = None,
        step_sync: bool | None = None,
        hidden: bool | None = None,
        summary: str | None = None,
        goal: str | None = None,
        overwrite: bool | None = None,
    ) -> Metric:
        """Says how a metric is drawn and summarised.

        Args:
            name: The metric's name; it may end in '*'.
            step_metric: The metric that is its x axis.
            step_sync: Whether log() adds the step metric's last value where it is missing; so when there is one.
            hidden: Whether no chart is drawn by itself.
            summary: min, max, mean, last, best, none, or several of them with commas.
            goal: What best means: minimize or maximize.
            overwrite: Whether what an earlier call said and this one does not is forgotten.
        """
        if not isinstance(name, str) or not name or (name.endswith("*") and "*" in name[:-1]) or "*" in name[:-1]:
            raise UsageError(f"a metric's name is a text, with '*' at its end only, got {name!r}")
        if goal not in _GOALS:
            raise UsageError(f"a goal is minimize or maximize, got {goal!r}")
        if isinstance(step_metric, Metric):
            step_metric = step_metric.name
        syncs = step_metric is not None if step_sync is None else step_sync
        self._core.define_metric(
            name, step_metric, syncs, bool(hidden), _modes(summary), _GOALS[goal], bool(overwrite)
        )
        return Metric(name, step_metric, step_sync, hidden, summary, goal)

    def alert(
        self,
        title: str,
        text: str,
        level: Any = None,
        wait_duration: int | float | timedelta | None = None,
    ) -> None:
        """Sends a message to whoever follows the run.

        Args:
            title: Fewer than 64 characters.
            text: The message.
            level: INFO, WARN or ERROR.
            wait_duration: How long the same title is not sent again, in seconds; a minute by default.
        """
        from barograph.alert_level import AlertLevel

        name = AlertLevel.INFO.value if level is None else str(getattr(level, "value", level)).upper()
        if name not in {each.value for each in AlertLevel}:
            raise ValueError(f"a level is INFO, WARN or ERROR, got {level!r}")
        wait = timedelta(minutes=1) if wait_duration is None else wait_duration
        if isinstance(wait, (int, float)):
            wait = timedelta(seconds=wait)
        if not isinstance(wait, timedelta):
            raise ValueError("wait_duration is a number of seconds or a timedelta")
        self._append_record(_alert_record(title, text, name, int(wait.total_seconds() * 1000)))

    def mark_preempting(self) -> None:
        """Says that this run is about to be taken off its machine; the server is told at once."""
        self._append_record(message(_PREEMPTING_RECORD, b""))

    def status(self) -> RunStatus:
        """How far sending has come."""
        answer = self._ask("status", {}, 10) if not self._is_finished else {}
        pending = int(answer.get("unsent_bytes", 0))
        ago_ms = answer.get("last_sent_ms_ago", -1)
        import datetime

        sent = None if ago_ms < 0 else datetime.datetime.now() - timedelta(milliseconds=ago_ms)
        return RunStatus(int(answer.get("log_bytes", pending)), pending, sent, answer.get("problem"))

    def save(
        self,
        glob_str: str | os.PathLike[str],
        base_path: str | os.PathLike[str] | None = None,
        policy: str = "live",
    ) -> bool | list[str]:
        """Has files sent with the run.

        What a pattern finds now is taken; relative paths are kept below the working folder, of absolute ones the last
        folder, or what lies below base_path. With "live" a file is sent whenever it changes, with "now" once, with
        "end" when the run ends. Answers the files' places in the run's folder.
        """
        from barograph.files import save

        return save(self, glob_str, base_path, policy)

    def restore(
        self, name: str, run_path: str | None = None, replace: bool = False, root: str | None = None
    ) -> TextIO | None:
        """Downloads a file of this run, or of the one at run_path, and opens it."""
        from barograph.files import restore

        return restore(name, run_path, replace, root, run=self)

    def write_logs(self, text: str) -> None:
        """Adds to the run's console without printing."""
        self._core.output(False, text)

    def _label(self, *labels: Any, **named: Any) -> None:
        """Frameworks say here who calls. Nobody counts that, so it is dropped."""

    def pin_config_keys(self, keys: Sequence[str] = ()) -> None:
        """Names the config keys that are shown first."""
        self._core.update_config({"_pinned": list(keys)})

    # ---- the end ----

    def finish(self, exit_code: int | None = None, quiet: bool | None = None) -> None:
        """Ends the run and waits until all is sent. What could not be sent stays in the run's folder.

        Args:
            exit_code: 0, the default, for a run that went well; everything else is a failure.
            quiet: Deprecated; Settings(quiet=...) says whether anything is printed.
        """
        if self._is_finished:
            return
        self._unwatch_all()
        if self._capture is not None:
            self._capture.end()
        for fact in (_core.RUN_ID, _core.NAME, _core.NOTES, _core.ENTITY, _core.PROJECT, _core.DIR):
            self._get(fact)
        self._ended(self)
        terminal = Terminal(self._settings.show_info and not quiet, self._settings.show_warnings, self._settings.show_errors)
        try:
            self._core.end(exit_code or 0)
            self._summary_at_end = self._core.summary()
            lines = self._wait(terminal)
        except Error as error:
            self._summary_at_end = self._core.summary()
            lines = None
            terminal.error(str(error))
        dropped = self._core.dropped_rows()
        if dropped:
            terminal.warning(f"{dropped} rows found no room on the disk and are lost")
        self._is_finished = True
        if not exit_code and self._settings.resume == "allow":
            from barograph.resume import forget

            forget(self)
        self._core.set_encoder(None)
        self._core.close()
        if lines is not None and not self.disabled:
            from barograph.blocks import finish_block

            terminal.info(finish_block(self, lines, exit_code or 0))

    def _wait(self, terminal: Terminal) -> dict[str, list[float]] | None:
        """Until the sender has sent all; answers what the finish block draws, None when not all was sent."""
        import time

        limit = self._settings.finish_timeout
        began = time.monotonic()
        progress = terminal.progress()
        try:
            while True:
                is_done, is_gone, sent, total, unsent, problem = self._core.wait(_WAIT_MS)
                if is_done:
                    history: dict[str, list[float]] = json.loads(self._core.history() or "{}")
                    return history
                is_late = limit > 0 and time.monotonic() - began > limit
                if is_gone or is_late:
                    break
                progress.show(sent, total, unsent, problem)
        finally:
            progress.end()
        why = f"{problem}; " if problem else "the sender is gone; " if is_gone else ""
        terminal.error(f"{why}not all is sent: `barograph sync {short_path(self.sync_dir)}` sends what is left")
        if self._settings.finish_timeout_raises and is_late:
            raise TimeoutError(f"the run {self.id} was not sent within {limit:g} s")
        return None

    def _unwatch_all(self) -> None:
        watching = sys.modules.get("barograph.watching")
        if watching is not None:
            watching.unwatch(self, None)

    def join(self, exit_code: int | None = None) -> None:
        """finish, under its former name."""
        self.finish(exit_code)

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.finish(exit_code=_exit_code(kind, error))

    # A run that is sent to another process logs to the same log there.

    def __getstate__(self) -> dict[str, Any]:
        return {"log_path": self._get(_core.LOG_PATH), "settings": self._settings.said(), "facts": dict(self._facts)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        settings = Settings(**state["settings"])
        Run.__init__(self, settings, _core.Run({"attach": state["log_path"]}, []), lambda run: None)
        self._facts.update(state["facts"])


def _exit_code(kind: type[BaseException] | None, error: BaseException | None) -> int:
    if kind is None:
        return 0
    if isinstance(error, SystemExit):
        code = error.code
        return 0 if code is None else code if isinstance(code, int) else 1
    return 255 if issubclass(kind, KeyboardInterrupt) else 1


def _alert_record(title: str, body: str, level: str, wait_ms: int) -> bytes:
    return message(_ALERT_RECORD, text(1, title) + text(2, body) + text(3, level) + integer(4, wait_ms))


def _row(data: Any) -> dict[str, Any]:
    if isinstance(data, dict) or (hasattr(data, "keys") and hasattr(data, "__getitem__")):
        return dict(data)
    raise ValueError(f"a row is a dictionary, got {type(data).__name__}")
