"""compare.py - equality as a user means it: NaN equals NaN, 1 equals 1.0, but True is not 1."""

import math

CLOCK = ("_timestamp", "_runtime", "_wandb")

# Where the protocol's answer is strict JSON, these three travel as strings.
SPELLED = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def difference(expected, actual, path="") -> str | None:
    """The first place where the two differ, in words; None if they are the same."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in sorted(set(expected) | set(actual), key=str):
            if key not in actual:
                return f"{path}.{key} is missing"
            if key not in expected:
                return f"{path}.{key} is there, and was not logged: {actual[key]!r}"
            found = difference(expected[key], actual[key], f"{path}.{key}")
            if found:
                return found
        return None
    if isinstance(expected, (list, tuple)) and isinstance(actual, (list, tuple)):
        if len(expected) != len(actual):
            return f"{path} has {len(actual)} elements, expected {len(expected)}"
        found = (difference(e, a, f"{path}[{i}]") for i, (e, a) in enumerate(zip(expected, actual)))
        return next((each for each in found if each), None)
    if isinstance(expected, float) and math.isnan(expected):
        return None if isinstance(actual, float) and math.isnan(actual) else f"{path} is {actual!r}, expected nan"
    if isinstance(expected, bool) != isinstance(actual, bool) or expected != actual:
        return f"{path} is {actual!r}, expected {expected!r}"
    return None


def assert_same(expected, actual) -> None:
    found = difference(expected, actual)
    assert found is None, found


def logged(rows: list[dict]) -> list[dict]:
    """Rows as the user logged them: without what the client adds, and without keys that have no value
    in that row (a scan over columns names every column in every row)."""
    return [{k: v for k, v in row.items() if k not in (*CLOCK, "_step") and v is not None} for row in rows]


def unspelled(value):
    """A sampled answer with its NaN and infinities as numbers again."""
    if isinstance(value, dict):
        return {k: unspelled(v) for k, v in value.items()}
    if isinstance(value, list):
        return [unspelled(v) for v in value]
    return SPELLED.get(value, value) if isinstance(value, str) else value
