"""errors.py - what can be wrong with the moment at which something is asked of an artifact."""

from __future__ import annotations

from typing import Any

from barograph.errors import CommError, Error


class ArtifactStatusError(AttributeError):
    """Asked too early or too late in the artifact's life."""

    def __init__(self, message: str, fullname: str = "", obj: Any = None) -> None:
        super().__init__(message)
        self.fullname = fullname
        self.obj = obj


class ArtifactNotLoggedError(ArtifactStatusError):
    """Only an artifact that a server has answers that."""

    def __init__(self, what: str, obj: Any = None) -> None:
        super().__init__(
            f"'{what}' is known once the artifact was logged: call log_artifact() or save(), then wait()", what, obj
        )


class ArtifactFinalizedError(ArtifactStatusError):
    """A finished version does not change; a draft of the next one does."""

    def __init__(self, what: str, obj: Any = None) -> None:
        super().__init__(f"'{what}' was called on a finalized artifact; new_draft() makes one that can change", what, obj)


class WaitTimeoutError(Error):
    """The upload took longer than wait() was told to."""


class ArtifactNotFoundError(CommError, ValueError):
    """There is no such artifact, or not for us: scripts catch either kind."""
