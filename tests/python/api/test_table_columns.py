"""Tables as columns: the same values as from their file, for every kind of value, without fetching that file."""

from __future__ import annotations

import subprocess
import sys

import pytest

WRITE = """
import datetime
import numpy as np
import barograph as b

moment = datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
page = b.Html("<p>one</p>")
tables = {
    "plain": b.Table(columns=["i", "d", "b", "s", "t"], data=[[1, 0.5, True, "a\\n\u00e9", 1], [-2, 2, False, "", 2]]),
    "gaps": b.Table(columns=["i", "d", "nan", "b", "s", "none"], data=[
        [1, None, float("nan"), True, None, None], [None, 2.5, 1.5, None, "x", None], [3, 4.0, 2.0, False, "y", None]]),
    "mixed": b.Table(columns=["any", "wide", "big"], allow_mixed_types=True, data=[
        [1, 2**60, 2**70], ["x", 0.5, 1], [None, 1, None], [True, 3, 2], [[1, {"a": 2}], 4, 5]]),
    "numbered": b.Table(columns=[7, 8], data=[[1, "a"], [2, "b"]]),
    "nested": b.Table(columns=["list", "record"], data=[[[1, 2], {"x": 1, "y": "z"}], [[3, 4], {"x": 2, "y": "w"}]]),
    "moments": b.Table(columns=["when"], data=[[moment], [None], [moment]]),
    "media": b.Table(columns=["page", "n"], data=[[page, 1], [None, 2]]),
    "arrays": b.Table(columns=["matrix", "k"], data=[[np.ones((20, 10)), 1], [np.zeros((20, 10)), 2]]),
    "empty": b.Table(columns=["a", "b"], data=[]),
}
keyed = b.Table(columns=["k", "v"], data=[["p", 1], ["q", 2]])
keyed.set_pk("k")
tables["keyed"] = keyed
with b.init(project="tabular", id="writer") as run:
    artifact = b.Artifact("tables", "dataset")
    for name, table in tables.items():
        artifact.add(table, name)
    run.log_artifact(artifact).wait()
    run.log({"shown": b.Table(columns=["x", "y"], data=[[1, "a"], [2, None]])})
"""
NAMES = ["plain", "numbered", "gaps", "mixed", "nested", "moments", "media", "arrays", "empty", "keyed"]
AS_COLUMNS = {"plain", "numbered", "gaps", "mixed", "nested", "moments"}


@pytest.fixture(scope="module")
def written(package, world, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    env = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": str(package), "BAROGRAPH_BASE_URL": world.server.base_url,
           "BAROGRAPH_API_KEY": world.key, "BAROGRAPH_QUIET": "true"}
    done = subprocess.run([sys.executable, "-c", WRITE], cwd=folder, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def artifact(api, world, written, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BAROGRAPH_CACHE_DIR", str(tmp_path / "cache"))
    return api.artifact(f"{world.entity}/tabular/tables:v0")


def was_read(table) -> bool:
    """Whether its file was."""
    return "_late" not in table.__dict__


def from_file(artifact, name):
    table = artifact.get(name)
    assert table.data is not None and was_read(table)
    return table


@pytest.mark.parametrize("name", NAMES)
def test_table__is_the_same_frame_from_columns_and_from_its_file(artifact, name):
    import pandas

    late, read = artifact.get(name), from_file(artifact, name)
    frame, expected = late.get_dataframe(), read.get_dataframe()
    assert was_read(late) == (name not in AS_COLUMNS)
    if name == "media":
        assert [type(each).__name__ for each in frame["page"]] == ["Html", "NoneType"]
        frame, expected = frame[["n"]], expected[["n"]]
    pandas.testing.assert_frame_equal(frame, expected, check_exact=True)
    for column in frame.columns:
        assert [type(each) for each in frame[column]] == [type(each) for each in expected[column]], column


@pytest.mark.parametrize("name", NAMES)
def test_table__columns_are_the_same_arrays(artifact, name):
    import numpy

    read = from_file(artifact, name)
    for column in read.columns:
        if column in ("page", "any"):  # no arrays: neither way makes one
            continue
        late = artifact.get(name)
        array, expected = late.get_column(column, convert_to="numpy"), read.get_column(column, convert_to="numpy")
        assert not was_read(late) or name not in AS_COLUMNS
        assert array.dtype == expected.dtype
        numpy.testing.assert_array_equal(array, expected)
        numpy.testing.assert_array_equal(numpy.array(late.get_column(column)), expected)


def test_table__is_read_when_it_is_looked_into(artifact):
    table = artifact.get("plain")
    assert not was_read(table)
    assert table.columns == ["i", "d", "b", "s", "t"] and was_read(table)
    assert table == artifact.get("plain")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        table.nothing
    with pytest.raises(ValueError, match="no column 'nothing'"):
        artifact.get("plain").get_column("nothing", convert_to="numpy")


def test_table__keeps_what_was_set_before_it_was_read(artifact):
    table = artifact.get("plain")
    table.data = [[1, 2.0, True, "z", 3]]
    assert table.get_dataframe()["s"].tolist() == ["z"]


def test_table__keys_know_the_table_that_was_given(artifact):
    table = artifact.get("keyed")
    assert table.data[0][0]._table is table


def test_arrow__is_what_libraries_take(artifact, api, world):
    import polars
    import pyarrow

    columns = artifact.get("gaps").table_arrow()
    assert pyarrow.table(columns).column("i").to_pylist() == [1, None, 3]
    assert polars.DataFrame(columns)["s"].to_list() == [None, "x", "y"]
    run = api.run(f"{world.entity}/tabular/writer")
    file = next(file for file in run.files() if file.name.endswith(".table.json"))
    assert file.table_arrow().to_polars().rows() == [(1, "a"), (2, None)]


def test_arrow__says_when_there_is_none(public, artifact, api, world):
    from barograph.errors import CommError

    run = api.run(f"{world.entity}/tabular/writer")
    other = next(file for file in run.files() if not file.name.endswith(".table.json"))
    for table in (other, artifact.files()[0], from_file(artifact, "plain")):
        with pytest.raises(CommError, match="no columns of this table"):
            table.table_arrow()


def test_columns__are_for_those_who_may_read_the_file(artifact, world, make_user):
    asked = {"artifact": artifact.id, "path": "plain.table.json"}
    of_run = {"entity": world.entity, "project": "tabular", "run": "writer", "path": "config.yaml"}
    other = make_user()
    for body in (asked, of_run):
        reply = world.server.request("POST", "/api/tables/columns", key=other.key, json=body)
        assert (reply.status_code, reply.json()["code"]) == (404, "NOT_FOUND")
    assert world.server.request("POST", "/api/tables/columns", key=world.key, json=asked).status_code == 200
    assert world.server.request("POST", "/api/tables/columns", key=world.key, json={**asked, "path": "no"}).status_code == 404
    assert world.server.request("POST", "/api/tables/columns", key=world.key, json=of_run).status_code == 400


def test_foreign__tables_come_from_their_file(artifact):
    from barograph.apis.client import as_client

    as_client(artifact._connected())._has_columns = False
    table = artifact.get("plain")
    assert table.get_dataframe()["i"].tolist() == [1, -2] and was_read(table)
