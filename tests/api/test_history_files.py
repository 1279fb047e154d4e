"""The segments that the server writes are Parquet files that other programs read, bit for bit."""

from __future__ import annotations

import json
import math
import struct
import time

import pyarrow.parquet as parquet
import pytest

from tests.support.protocol import RunUnderTest

ROWS = 20000


def make_row(step: int) -> dict:
    row = {"_step": step, "loss": 1 / (step + 1), "count": step * 10**12, "ok": step % 3 == 0, "name": f"é{step % 5}\n"}
    if step % 7 == 0:
        row["nan"] = [math.nan, math.inf, -math.inf][step // 7 % 3]
    if step % 100 == 0:
        row["nested"] = {"a": step, "list": [1, {"b": 2}]}
    return row


def bits(value):
    """Floats compare as their bytes, so that NaN equals itself and -0.0 does not equal 0.0."""
    return struct.pack("<d", value) if isinstance(value, float) else value


def flat(row: dict) -> dict:
    row = dict(row)
    nested = row.pop("nested", None)
    if nested is not None:
        row |= {"nested.a": nested["a"], "nested.list": nested["list"]}
    return row


@pytest.fixture(scope="module")
def segment(server, tmp_path_factory):
    """The one segment of a finished run, and what was logged."""
    from tests.conftest import User

    user = User(server, "historian")
    run = RunUnderTest(user, "files", "run1")
    before = set(server.data.glob("history/*/*.parquet"))
    rows = [make_row(step) for step in range(ROWS)]
    run.send_rows(0, rows)
    run.post({"complete": True, "exitcode": 0})
    deadline = time.monotonic() + 20
    while not (found := set(server.data.glob("history/*/*.parquet")) - before):
        assert time.monotonic() < deadline, "the run was not sealed"
        time.sleep(0.1)
    return found.pop(), rows


def check(back: list[dict], rows: list[dict]) -> None:
    assert len(back) == len(rows)
    for found, logged in zip(back, rows):
        expected = flat(logged)
        for key, value in found.items():
            if key == "nested.list" and value is not None:
                value = json.loads(value)
            assert bits(value) == bits(expected.get(key)), (logged["_step"], key)
        assert expected.keys() <= found.keys()


def test_pyarrow_reads_it(segment):
    path, rows = segment
    check(parquet.read_table(path, page_checksum_verification=True).to_pylist(), rows)


def test_no_range_holds_nan(segment):
    metadata = parquet.ParquetFile(segment[0]).metadata
    columns = {metadata.row_group(0).column(i).path_in_schema: metadata.row_group(0).column(i) for i in range(metadata.num_columns)}
    assert columns["loss"].statistics.max == 1.0
    assert columns["nan"].statistics.min == -math.inf and columns["nan"].statistics.max == math.inf
    assert columns["nested.a"].statistics.null_count == ROWS - ROWS // 100


def test_metadata_says_what_parquet_cannot(segment):
    metadata = parquet.ParquetFile(segment[0]).metadata.metadata
    assert metadata[b"barograph.version"] == b"1"
    assert json.loads(metadata[b"barograph.columns"]) == {
        "nested.a": {"path": ["nested", "a"]}, "nested.list": {"path": ["nested", "list"], "json": True}}


def test_duckdb_reads_it(segment):
    duckdb = pytest.importorskip("duckdb")
    path, rows = segment
    answer = duckdb.sql(f"select * from read_parquet('{path}')")
    check([dict(zip(answer.columns, row)) for row in answer.fetchall()], rows)


def test_polars_reads_it(segment):
    polars = pytest.importorskip("polars")
    path, rows = segment
    check(polars.read_parquet(path).to_dicts(), rows)
