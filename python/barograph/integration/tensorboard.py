"""tensorboard.py - what is written for TensorBoard is logged to the run: init(sync_tensorboard=True), or patch().

Writers tell in which folder they write; the event files there are read as they grow. Each file's rows have a step of
their own, `global_step`; with several folders, keys begin with the folder's name below the one that all share.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Callable

from barograph.integration.tfevents import EventFile, Malformed

if TYPE_CHECKING:
    from barograph.run import Run

READ_EVERY_S = 1.0
# How long a second folder is waited for: keys begin with a folder's name only when there are several.
SETTLES_AFTER_S = 10.0
# Where writers are made: the module, the class, and the argument that names the folder.
_WRITERS = (
    ("tensorboard.summary.writer.event_file_writer", "EventFileWriter", "logdir"),
    ("tensorboardX.event_file_writer", "EventFileWriter", "logdir"),
)
_followers: list[Follower] = []
_is_patched = False


class Follower:
    """Reads the event files of one run's folders, in a thread of its own, until the run is finished."""

    def __init__(self, run: Run, save: bool = True, root_logdir: str = "") -> None:
        self.run, self.save, self.root = run, save, os.path.abspath(root_logdir) if root_logdir else ""
        self.folders: list[str] = []
        self.first_folder_at = 0.0
        self.files: dict[str, EventFile] = {}
        self.rows: dict[str, tuple[int, dict[str, Any]]] = {}
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._follow, name="barograph-tensorboard", daemon=True)

    def add(self, folder: str) -> None:
        place = os.path.abspath(folder)
        with self.lock:
            self.first_folder_at = self.first_folder_at or time.monotonic()
            if place not in self.folders:
                self.folders.append(place)
            if not self.thread.is_alive() and not self.ended.is_set():
                self.thread.start()

    def end(self) -> None:
        """Reads the rest."""
        self.ended.set()
        if self.thread.is_alive() and self.thread is not threading.current_thread():
            self.thread.join()
        self.read(is_last=True)

    def _follow(self) -> None:
        while not self.ended.wait(READ_EVERY_S):
            try:
                self.read()
            except Malformed as error:
                print(f"barograph: TensorBoard's files are not followed any more: {error}", file=sys.stderr)
                return

    def read(self, is_last: bool = False) -> None:
        """Logs what was written since the last call. A step is logged when the next one begins, or at the end."""
        with self.lock:
            if is_last or self._is_settled():
                self._find()
            for file in self.files.values():
                for step, row in file.read():
                    self._take(file.namespace, step, row)
            if is_last:
                for namespace in list(self.rows):
                    self._log(namespace)

    def _is_settled(self) -> bool:
        """Whether it is known what keys begin with."""
        return bool(self.root) or len(self.folders) > 1 or time.monotonic() - self.first_folder_at > SETTLES_AFTER_S

    def _find(self) -> None:
        root = self.root or (os.path.commonpath(self.folders) if self.folders else "")
        for folder in self.folders:
            for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
                path = os.path.join(folder, name)
                if "tfevents" not in name or path in self.files:
                    continue
                namespace = os.path.relpath(folder, root)
                self.files[path] = EventFile(path, "" if namespace == "." else namespace.replace(os.sep, "/"))
                if self.save:
                    self.run.save(path, base_path=root, policy="live")

    def _take(self, namespace: str, step: int, row: dict[str, Any]) -> None:
        before, open_row = self.rows.get(namespace, (step, {}))
        if step != before:
            self._log(namespace)
            open_row = {}
        self.rows[namespace] = (step, {**open_row, **row})

    def _log(self, namespace: str) -> None:
        step, row = self.rows.pop(namespace)
        self.run.log({"global_step": step, **row})


def follow(run: Run, save: bool = True, root_logdir: str = "") -> Follower:
    """From here on, what is written for TensorBoard is logged to the run."""
    follower = Follower(run, save, root_logdir)
    _followers.append(follower)
    _patch_writers()
    _end_before_finish(run, follower)
    return follower


def patch(save: bool = True, tensorboard_x: bool | None = None, pytorch: bool | None = None, root_logdir: str = "") -> None:
    """The same for the current run. The middle arguments are not needed: all writers are known."""
    from barograph.integration.common import current_run

    follow(current_run("tensorboard.patch()"), save, root_logdir)


def unpatch() -> None:
    """Writers are not followed any more; what was written is logged."""
    while _followers:
        _followers.pop().end()


def _end_before_finish(run: Run, follower: Follower) -> None:
    finish = run.finish

    @functools.wraps(finish)
    def ended(*args: Any, **kwargs: Any) -> None:
        if follower in _followers:
            _followers.remove(follower)
        follower.end()
        finish(*args, **kwargs)

    run.finish = ended  # type: ignore[method-assign]


def _writes_in(folder: Any) -> None:
    for follower in _followers:
        follower.add(os.fspath(folder))


def _patch_writers() -> None:
    global _is_patched
    if _is_patched:
        return
    _is_patched = True
    for module_name, class_name, argument in _WRITERS:
        if importlib.util.find_spec(module_name.split(".")[0]) is None:
            continue
        try:
            writer = getattr(importlib.import_module(module_name), class_name)
        except ImportError:
            continue
        writer.__init__ = _telling(writer.__init__, argument)
    if "tensorflow" in sys.modules:
        from tensorflow.python.ops import gen_summary_ops

        gen_summary_ops.create_summary_file_writer = _telling_tensor(gen_summary_ops.create_summary_file_writer)


def _telling(init: Callable[..., None], argument: str) -> Callable[..., None]:
    @functools.wraps(init)
    def told(self: Any, *args: Any, **kwargs: Any) -> None:
        folder = kwargs.get(argument, args[0] if args else None)
        init(self, *args, **kwargs)
        if folder is not None:
            _writes_in(folder)

    return told


def _telling_tensor(make: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(make)
    def told(*args: Any, **kwargs: Any) -> Any:
        folder: Any = kwargs.get("logdir", args[1] if len(args) > 1 else None)
        if hasattr(folder, "numpy"):
            folder = folder.numpy().decode()
        if folder is not None:
            _writes_in(folder)
        return make(*args, **kwargs)

    return told
