"""task.py - what every script here shares: its parameters come as JSON, its result goes to a file."""

import json
import sys
import types


def parameters():
    return types.SimpleNamespace(**json.loads(sys.argv[1]))


def answer(result):
    with open(sys.argv[2], "w") as out:
        json.dump(result, out, default=_plain)


def attempt(function, *arguments, **named):
    """The result, or the exception's name and text: a refusal is a result too."""
    try:
        return function(*arguments, **named)
    except Exception as error:  # noqa: BLE001
        return {"error": type(error).__name__, "message": str(error)}


def _plain(value):
    """What public API objects are made of: numpy numbers, mappings of their own, dates."""
    if type(value).__module__ == "numpy":
        return value.item()
    if hasattr(type(value), "items"):
        return dict(value.items())
    return str(value)
