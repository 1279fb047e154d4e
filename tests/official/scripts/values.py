"""values.py - what is logged, known to the scripts that log it and to the tests that read it back."""

ROW_COUNT = 12

TEXT = 'é 日本 \U0001f600 <&> "quoted" \\ line\nbreak'

CONFIG = {
    "lr": 0.1,
    "layers": [1, 2, 3],
    "nested": {"a": 1, "b": {"c": "deep"}},
    "text": TEXT,
    "flag": True,
    "nothing": None,
    "big": 2**60 + 1,
    "a/b.c": "odd key",
}


def row(i):
    """The i-th row: every kind of value that JSON and the client know."""
    values = {
        "i": i,
        "third": i / 3,
        "nan": float("nan"),
        "inf": float("inf"),
        "ninf": float("-inf"),
        "big": 2**60 + i,
        "negative": -(2**53) - 1 - i,
        "tiny": 5e-324,
        "largest": 1.7976931348623157e308,
        "flag": i % 2 == 0,
        "text": TEXT,
        "empty": "",
        "nested": {"x": i, "y": {"z": i * 2}},
        "list": [i, i + 1],
        "mixed": i if i % 2 else str(i),
        "path/with/slashes": i * 10,
        "acc": i % 5,
    }
    if i % 3 == 0:
        values["sparse"] = i
    return values


def rows():
    return [row(i) for i in range(ROW_COUNT)]


def numbers(count):
    """Plain rows, every key in every row: a history that can be handed out as Parquet."""
    return [{"loss": 1 / (i + 1), "count": i, "wave": (i % 7) * 0.1, "flag": i % 2 == 0} for i in range(count)]
