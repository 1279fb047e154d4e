"""autolog.py - logs what other people's methods are given and answer, from when it is turned on until it is turned off."""

from __future__ import annotations

import functools
import importlib
import sys
import time
from typing import TYPE_CHECKING, Any, Callable, Mapping, Optional, Sequence

if TYPE_CHECKING:
    from barograph.run import Run

# (arguments, keywords, answer, seconds) to what is logged; None: nothing.
Describe = Callable[[Sequence[Any], Mapping[str, Any], Any, float], Optional[dict[str, Any]]]


class Autolog:
    """One library's methods, "Class.method"; calling it turns it on."""

    def __init__(self, library: str, methods: Sequence[str], describe: Describe) -> None:
        self._library, self._methods, self._describe = library, methods, describe
        self._originals: list[tuple[Any, str, Any]] = []
        self._run: Run | None = None
        self._is_own_run = False

    def __call__(self, init: Mapping[str, Any] | None = None) -> None:
        self.enable(init)

    def enable(self, init: Mapping[str, Any] | None = None) -> None:
        """Logs to the current run; to one of its own, made with init's arguments, when they are given or there is none."""
        import barograph

        self.disable()
        before = barograph.run
        self._run = barograph.init(**(init or {})) if init or before is None else before
        self._is_own_run = self._run is not before
        module = importlib.import_module(self._library)
        for path in self._methods:
            *owners, name = path.split(".")
            owner = functools.reduce(getattr, owners, module)
            original = getattr(owner, name)
            self._originals.append((owner, name, original))
            setattr(owner, name, self._logging(original))

    def disable(self) -> None:
        """Puts the methods back, and ends a run that was made for this."""
        while self._originals:
            setattr(*self._originals.pop())
        run, self._run = self._run, None
        if run is not None and self._is_own_run:
            run.finish()

    def _logging(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def logging(*args: Any, **kwargs: Any) -> Any:
            begin = time.monotonic()
            answer = original(*args, **kwargs)
            self._log(args, kwargs, answer, time.monotonic() - begin)
            return answer

        return logging

    def _log(self, args: Sequence[Any], kwargs: Mapping[str, Any], answer: Any, seconds: float) -> None:
        """What cannot be logged is no reason for the caller's work to fail."""
        try:
            row = self._describe(args, kwargs, answer, seconds)
            if row and self._run is not None:
                self._run.log(row)
        except Exception as error:
            print(f"barograph: a call of {self._library} is not logged: {error}", file=sys.stderr)
