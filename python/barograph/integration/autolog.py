"""autolog.py - logs what other people's methods are given and answer, from when it is turned on until it is turned off."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import sys
import time
from typing import TYPE_CHECKING, Any, Callable, Mapping, Sequence

if TYPE_CHECKING:
    from barograph.run import Run

# Logs one call: to the run, with its arguments, keywords, answer and seconds.
LogCall = Callable[["Run", Sequence[Any], Mapping[str, Any], Any, float], None]


class Autolog:
    """One library's methods, "module:Class.method"; calling it turns it on. Those that a version lacks are left out."""

    def __init__(self, library: str, methods: Sequence[str], log_call: LogCall) -> None:
        self._library, self._methods, self._log_call = library, methods, log_call
        self._originals: list[tuple[Any, str, Any]] = []
        self._run: Run | None = None
        self._is_own_run = False

    def __call__(self, init: Mapping[str, Any] | None = None) -> None:
        self.enable(init)

    def enable(self, init: Mapping[str, Any] | None = None) -> None:
        """Logs to the current run; to one of its own, made with init's arguments, when they are given or there is none."""
        import barograph

        self.disable()
        found = self._find()
        before = barograph.run
        self._run = barograph.init(**(init or {})) if init or before is None else before
        self._is_own_run = self._run is not before
        for owner, name, original in found:
            self._originals.append((owner, name, original))
            setattr(owner, name, self._logging(original))

    def disable(self) -> None:
        """Puts the methods back, and ends a run that was made for this."""
        while self._originals:
            setattr(*self._originals.pop())
        run, self._run = self._run, None
        if run is not None and self._is_own_run:
            run.finish()

    def _find(self) -> list[tuple[Any, str, Any]]:
        """Whose method it is, its name, and itself. What a class inherits is logged where it is defined, once."""
        importlib.import_module(self._library)
        found = []
        for path in self._methods:
            place, _, name = path.rpartition(".")
            try:
                owner = pkgutil.resolve_name(place)
            except (ImportError, AttributeError, RuntimeError):  # the last: a part that a lazy module cannot import
                continue
            if name in vars(owner):
                found.append((owner, name, vars(owner)[name]))
        if not found:
            raise ImportError(f"this version of {self._library} has none of the methods that are logged", name=self._library)
        return found

    def _logging(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def logging(*args: Any, **kwargs: Any) -> Any:
            begin = time.monotonic()
            answer = original(*args, **kwargs)
            if inspect.iscoroutine(answer):
                return later(answer, begin, args, kwargs)
            self._log(args, kwargs, answer, time.monotonic() - begin)
            return answer

        async def later(coming: Any, begin: float, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
            answer = await coming
            self._log(args, kwargs, answer, time.monotonic() - begin)
            return answer

        return logging

    def _log(self, args: Sequence[Any], kwargs: Mapping[str, Any], answer: Any, seconds: float) -> None:
        """What cannot be logged is no reason for the caller's work to fail."""
        if self._run is None:  # turned off while the call was under way
            return
        try:
            self._log_call(self._run, args, kwargs, answer, seconds)
        except Exception as error:
            print(f"barograph: a call of {self._library} is not logged: {error}", file=sys.stderr)
