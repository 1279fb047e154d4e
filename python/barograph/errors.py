"""errors.py - what goes wrong, under the names that scripts catch."""

from __future__ import annotations

from barograph._core import Error


class CommError(Error):
    """The server could not be reached, or refused."""


class UsageError(Error):
    """The call makes no sense as it is."""


class ConfigError(UsageError):
    """A config value may not be changed."""


class UnsupportedError(UsageError):
    """What was asked for is not there on this machine."""


class AuthenticationError(CommError):
    """The key was not accepted."""


class ChartsFound(Exception):
    """Raised while a row is encoded that has custom charts: their tables are logged, under keys of their own."""


__all__ = ["AuthenticationError", "ChartsFound", "CommError", "ConfigError", "Error", "UnsupportedError", "UsageError"]
