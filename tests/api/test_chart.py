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


class Compact:
    """Reads format 2 as docs/web-api.md has it."""

    def __init__(self, data):
        self.data, self.at = data, 16

    def take(self, layout):
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def signed(self):
        value = shift = 0
        while True:
            (byte,) = self.take("B")
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value // 2 if value % 2 == 0 else -(value + 1) // 2

    def column(self, count):
        (shape,) = self.take("B")
        width, is_delta = shape & 0x7F, shape >= 0x80
        base, out = self.signed(), []
        if is_delta:
            out.append(self.signed())
        packed = count - len(out)
        size = (packed * width + 7) // 8
        bits = int.from_bytes(self.data[self.at : self.at + size], "little")
        self.at += size
        for _ in range(packed):
            out.append(base + (bits & (1 << width) - 1) + (out[-1] if is_delta else 0))
            bits >>= width
        return out

    def blocks(self, n):
        return [min(128, n - first) for first in range(0, n, 128)]

    def series(self):
        _, _, kind, x_code, y_code, has_marks, n, rows, size = self.take("IIBBBBIQI")
        end = self.at + size
        span = self.take("4d") if kind == 1 else None
        marks = [self.data[self.at + i // 4] >> 2 * (i % 4) & 3 for i in range(n)] if has_marks else [0] * n
        self.at += (n + 3) // 4 if has_marks else 0
        if x_code == 0:
            x = list(self.take(f"{n}d"))
        elif x_code == 4:
            (parts,) = self.take("I")
            x = [span[2] + (whole + 0.5) * (span[3] - span[2]) / parts for count in self.blocks(n) for whole in self.column(count)]
        else:
            (e,) = self.take("h")
            x = [self.value(x_code, e, whole) for count in self.blocks(n) for whole in self.column(count)]
        y, low, high = [], [], []
        if y_code == 0:
            y = list(self.take(f"{n}d"))
        for count in self.blocks(n) if y_code != 0 else []:
            (e,) = self.take("h")
            lows = self.column(count) if kind == 1 else [0] * count
            highs = self.column(count) if kind == 1 else [0] * count
            y += [self.value(y_code, e, a + b) for a, b in zip(lows, self.column(count))]
            low += [self.value(y_code, e, a) for a in lows]
            high += [self.value(y_code, e, a + b) for a, b in zip(lows, highs)]
        assert self.at == end
        return {"kind": kind, "n": n, "rows": rows, "marks": marks, "x": x, "y": y, "low": low, "high": high}

    def value(self, code, e, whole):
        return whole / 10**e if code == 2 else whole * 2.0**e


def ask_compact(user, **more):
    body = {"entity": user.name, "project": "p", "runs": ["r"], "keys": ["loss"], "format": 2, **more}
    answer = user.server.request("POST", "/api/history/buckets", key=user.key, json=body)
    assert answer.status_code == 200, answer.text
    assert struct.unpack_from("<III", answer.content, 4) == (2, 1, 0)
    assert len(answer.content) - 16 <= max(256, 4 * more["buckets"])
    return Compact(answer.content).series()


def test_four_bytes_a_bucket__keep_a_spike_and_whatever_few_decimals_say(user):
    values = [round(2 ** (-step / 500) + step % 7 / 100, 2) for step in range(ROWS)]
    values[1234] = 1000.0
    values[10] = float("nan")
    log(user, values)
    got = ask_compact(user, buckets=500)
    assert (got["kind"], got["n"], got["rows"]) == (1, 500, ROWS - 1)
    assert [i for i, mark in enumerate(got["marks"]) if mark] == [1]
    for i in range(500):
        part = [v for v in values[6 * i : 6 * i + 6] if v == v]
        assert (got["low"][i], got["high"][i], got["y"][i]) == (min(part), max(part), part[-1])
        assert 6 * i <= got["x"][i] <= 6 * i + 5
    mean = ask_compact(user, buckets=500, point="mean")
    assert abs(mean["y"][205] - sum(values[1230:1236]) / 6) < 0.05
    assert ask_compact(user, buckets=1000, min=100, max=200)["y"] == values[100:201]


def test_ranges__hold_for_each_run_by_itself(user):
    log(user, [step / 2 for step in range(20)])
    body = {"entity": user.name, "project": "p", "runs": ["r", "r", "none"], "keys": ["loss"], "format": 2, "buckets": 100}
    body["ranges"] = [[17, None], [3, 4.5], [None, None]]
    answer = user.server.request("POST", "/api/history/buckets", key=user.key, json=body)
    reader = Compact(answer.content)
    assert [reader.series()["x"], reader.series()["x"]] == [[17, 18, 19], [3, 4]]
    assert reader.at == len(answer.content)
    for wrong in ([[1, 2]], [[1, 2], [1], [1, 2]], "x"):
        answer = user.server.request("POST", "/api/history/buckets", key=user.key, json={**body, "ranges": wrong})
        assert answer.status_code == 400, answer.text


def test_requests_for_an_unknown_format__are_refused(user):
    log(user, [1, 2])
    body = {"entity": user.name, "project": "p", "runs": ["r"], "keys": ["loss"]}
    for wrong in ({"format": 3}, {"format": 2, "point": "first"}, {"format": 2, "low": 1, "high": 1}):
        answer = user.server.request("POST", "/api/history/buckets", key=user.key, json={**body, **wrong})
        assert answer.status_code == 400, answer.text
