"""errors.py - what goes wrong, under the names that scripts catch."""

from __future__ import annotations

from barograph._core import Error


class CommError(Error):
    """The server could not be reached, or refused."""


class UsageError(Error):
    """The call makes no sense as it is."""


class AuthenticationError(CommError):
    """The key was not accepted."""


__all__ = ["AuthenticationError", "CommError", "Error", "UsageError"]
