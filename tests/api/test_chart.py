"""The binary data of charts, as docs/web-api.md has it."""

from __future__ import annotations

import json
import struct

ROWS = 3000


def log(user, values):
    lines = [json.dumps({"loss": value, "_step": step}) for step, value in enumerate(values)]
    body = {"files": {"wandb-history.jsonl": {"offset": 0, "content": lines}}}
    answer = user.server.request("POST", f"/files/{user.name}/p/r/file_stream", key=user.key, json=body)
    assert answer.status_code == 200, answer.text


def ask(user, **more):
    body = {"entity": user.name, "project": "p", "runs": ["r"], "keys": ["loss"], **more}
    answer = user.server.request("POST", "/api/history/buckets", key=user.key, json=body)
    assert answer.status_code == 200, answer.text
    assert answer.content[:4] == b"BARB"
    version, count, _ = struct.unpack_from("<III", answer.content, 4)
    assert (version, count) == (1, 1)
    run, key, kind, n, rows = struct.unpack_from("<IIIIQ", answer.content, 16)
    assert (run, key) == (0, 0)
    return kind, n, rows, answer.content[40:]


def test_few_rows__come_as_they_were_logged(user):
    log(user, [1.5, float("nan"), -2.25])
    kind, n, _, data = ask(user, buckets=100)
    assert (kind, n) == (0, 3)
    x, y = struct.unpack_from("<3d", data), struct.unpack_from("<3d", data, 24)
    assert x == (0, 1, 2)
    assert y[0] == 1.5 and y[1] != y[1] and y[2] == -2.25


def test_buckets__keep_a_spike_of_one_step_and_say_where_values_are_not_finite(user):
    values = [0.5] * ROWS
    values[1234] = 1000.0
    values[10] = values[11] = values[12] = float("nan")
    log(user, values)
    kind, n, _, data = ask(user, buckets=100)
    assert kind == 1 and 50 <= n <= 100
    padded = (n + 1) // 2 * 2
    last_x = struct.unpack_from(f"<{n}d", data, 16)
    floats = [struct.unpack_from(f"<{n}f", data, 16 + 8 * n + 4 * padded * i) for i in range(4)]
    counts, flags = (struct.unpack_from(f"<{n}I", data, 16 + 8 * n + 4 * padded * i) for i in (4, 5))
    assert list(last_x) == sorted(last_x)
    assert max(floats[1]) == 1000.0 and min(floats[0]) == 0.5
    assert sum(counts) == ROWS - 3
    assert [index for index, flag in enumerate(flags) if flag] == [0]
    assert flags[0] == 1
