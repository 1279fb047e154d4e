"""Tables and charts: what the official client's reader finds in ours, and ours in its."""

from __future__ import annotations

import json
import re

import pytest

from tests.python.peers import comparable

WRITE = """
import datetime, sys
import numpy as np
import pandas as pd
import wandb

run = wandb.init(project="tables")
pixels = np.zeros((4, 4, 3), dtype="uint8")
classes = wandb.Classes([{"id": 0, "name": "ground"}, {"id": 1, "name": "sky"}])
mask = {"truth": {"mask_data": pixels[:, :, 0], "class_labels": {0: "ground", 1: "sky"}}}
table = wandb.Table(columns=["name", "score", "flag", "image", "when", "list", "record"], data=[
    ["a", 1, True, wandb.Image(pixels, caption="one", classes=classes, masks=mask), datetime.datetime(2024, 1, 2, 3, 4, 5), [1, 2], {"x": 1}],
    ["b", 2.5, False, None, None, [3], {"x": 2}],
])
run.log({"table": table})
run.log({"frame": pd.DataFrame({"i": [1, 2], "f": [0.5, float("nan")], "s": ["x", None]})})
run.log({"mixed": wandb.Table(columns=["any"], data=[[1], ["x"], [None]], allow_mixed_types=True)})
run.log({"numbers": wandb.Table(data=np.arange(6).reshape(3, 2), columns=["u", "v"])})
typed = wandb.Table(columns=["n", "label"], dtype=[int, classes.get_type()], data=[[1, 0], [2, 1]], optional=False)

artifact = wandb.Artifact("tables", "dataset", description="of tables", metadata={"rows": 2})
artifact.add(table, "whole")
artifact.add(typed, "typed")
arrays = wandb.Table(columns=["k", "short", "matrix"], data=[
    ["p", np.arange(3.0), np.ones((2, 3))], ["q", np.arange(3.0) + 1, np.zeros((2, 3))]])
arrays.set_pk("k")
artifact.add(arrays, "arrays")
children = wandb.Table(columns=["parent", "value"], data=[["p", 1], ["q", 2]])
children.set_fk("parent", arrays, "k")
artifact.add(children, "children")
artifact.add(wandb.Table(columns=["a"], data=[[1], [2]]), "parts/1")
artifact.add(wandb.Table(columns=["a"], data=[[3]]), "parts/2")
artifact.add(wandb.data_types.PartitionedTable("parts"), "all")
artifact.add(wandb.data_types.JoinedTable("parts/1.table.json", "parts/2.table.json", "a"), "joined")
run.log_artifact(artifact)

growing = wandb.Table(columns=["step"], log_mode="INCREMENTAL")
for step in range(3):
    growing.add_data(step)
    run.log({"growing": growing})
changing = wandb.Table(columns=["step"], log_mode="MUTABLE")
for step in range(2):
    changing.add_data(step)
    run.log({"changing": changing})
run.log({"line": wandb.plot.line(wandb.Table(columns=["x", "y"], data=[[1, 2], [3, 4]]), "x", "y", title="Line")})
truth = [0, 1, 1, 0, 2, 1]
probabilities = [[.7, .2, .1], [.2, .6, .2], [.4, .5, .1], [.5, .4, .1], [.1, .3, .6], [.5, .3, .2]]
run.log({
    "bar": wandb.plot.bar(wandb.Table(columns=["l", "v"], data=[["a", 1]]), "l", "v", title="Bars", split_table=True),
    "points": wandb.plot.scatter(wandb.Table(columns=["x", "y"], data=[[1, 2]]), "x", "y"),
    "spread": wandb.plot.histogram(wandb.Table(columns=["v"], data=[[1], [2]]), "v"),
    "lines": wandb.plot.line_series([1, 2], [[3, 4], [5, 6]], keys=["p", "q"], title="Lines", xname="t"),
    "matrix": wandb.plot.confusion_matrix(probs=probabilities, y_true=truth, class_names=["x", "y", "z"]),
    "roc": wandb.plot.roc_curve(truth, probabilities, labels=["x", "y", "z"]),
    "pr": wandb.plot.pr_curve(truth, probabilities, labels=["x", "y", "z"]),
    "own": wandb.plot_table("me/own", wandb.Table(columns=["a"], data=[[1]]), {"a": "a"}, {"title": "Own"}),
})
run.finish()
print("/".join([run.entity, run.project, run.id]))
"""

READ = """
import json, sys
import wandb

api = wandb.Api()
place, run_id = sys.argv[1], sys.argv[2]
artifact = api.artifact(f"{place}/tables:latest")

def plain(value):
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return f"{type(value).__name__} {value._caption}" if hasattr(value, "_caption") else value

whole, arrays = artifact.get("whole"), artifact.get("arrays")
image = whole.data[0][3]
children = artifact.get("children")
told = {
    "whole": plain(whole.data), "columns": whole.columns, "image": [image.image.size, sorted(image._masks), image.format],
    "frame": plain(whole.get_dataframe()["score"].tolist()), "column": plain(whole.get_column("score", convert_to="numpy")),
    "typed": artifact.get("typed").data, "arrays": plain(arrays.data), "pk": arrays._pk_col,
    "fk": sorted(children._fk_cols), "children": plain(children.data),
    "all": [plain(list(row)) for _, row in artifact.get("all").iterrows()],
    "joined": artifact.get("joined")._join_key,
    "first": [index.get_row()["name"] for index, row in whole.iterrows()],
}
growing = api.artifact(f"{place}/run-{run_id}-incr-growing:latest")
entry = sorted(name for name in growing.manifest.entries if name.endswith("growing.table.json"))[-1]
told["growing"] = growing.get(entry).data
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def runs(peers):
    return peers.both(WRITE)


def test_increments_count_from_nought(runs):
    rows = [row["growing"] for row in runs[1]["history"] if "growing" in row]
    paths = [path.rsplit("/", 1)[1] for path in rows[-1]["previous_increments_paths"]]
    assert [row["increment_num"] for row in rows] == [0, 1, 2]
    assert [re.sub(r"-\d+", "", path) for path in paths] == ["0.growing.table.json", "1.growing.table.json"]


def described(artifact: dict, run_id: str) -> dict:
    """An artifact of a run, without names that are random."""
    entries = {
        path: value for path, value in artifact["entries"].items() if "media/tables/t_" not in path and ".npz" not in path
    }
    return {**comparable({**artifact, "entries": entries}, run_id), "digest": None, "size": None}


def test_tables_are_files_of_the_run_with_the_same_content(runs):
    official, ours = runs
    assert ours["files"] == official["files"]
    assert any(name.startswith("media/table/frame_1_") for name in ours["files"])


def test_history_and_summary_refer_to_them_likewise(runs):
    official, ours = (comparable({"rows": run["history"], "summary": run["summary"]}, run["id"]) for run in runs)
    assert ours == official
    assert ours["rows"][0]["table"]["_type"] == "table-file"


def test_charts_are_drawn_the_same_way(runs):
    official, ours = (run["raw_config"]["_wandb"]["value"]["visualize"] for run in runs)
    assert ours == official
    assert set(ours) == {"line", "bar", "points", "spread", "lines", "matrix", "roc", "pr", "own"}


def test_each_table_is_an_artifact_with_the_same_entries(runs):
    official, ours = runs
    for run in runs:
        for each in run["artifacts"]:
            # A checksum of the name, which has the run's id, where a key has what names may not have.
            each["name"] = re.sub(r"_table-[\w-]{6}:", "_table-CHECKSUM:", each["name"]).replace(run["id"], "RUN")
    assert [each["name"] for each in ours["artifacts"]] == [each["name"] for each in official["artifacts"]]
    for theirs, own in zip(official["artifacts"], ours["artifacts"]):
        if "incr" in own["name"] or own["name"].startswith("tables"):
            continue  # their entries have the time, or random names, inside
        assert described(own, ours["id"]) == described(theirs, official["id"])


def read(peers, is_ours: bool, run: dict, place: str) -> dict:
    return json.loads(peers.run(READ, is_ours, f"read-{run['id']}-{is_ours}", place, run["id"]).splitlines()[-1])


def test_either_client_reads_the_tables_of_either(peers, runs):
    place = f"{peers.user.name}/tables"
    # Both runs log the artifact; the last version is ours, v0 the official client's.
    answers = [read(peers, is_ours, run, place) for run in runs for is_ours in (False, True)]
    assert answers[1] == answers[0]
    assert answers[3] == answers[2]
    assert answers[3] == answers[0]
    told = answers[3]
    assert told["arrays"][0] == ["p", [0.0, 1.0, 2.0], [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]]
    assert told["growing"] == [[0], [1], [2]]
    assert told["all"] == [[1], [2], [3]]


def test_a_changed_table_is_logged_again_only_if_it_may_change(peers):
    code = """
    import wandb
    from barograph.data_types import Table
    run = wandb.init(project="tables", mode="offline")
    for mode in ("IMMUTABLE", "MUTABLE"):
        table = Table(columns=["a"], data=[[1]], log_mode=mode)
        run.log({mode: table})
        before = table._path
        table.add_data(2)
        run.log({mode: table})
        print(mode, table._path == before)
    run.finish()
    """
    assert peers.run(code, True, "modes").splitlines()[-2:] == ["IMMUTABLE True", "MUTABLE False"]


def test_columns_are_added_and_computed(peers):
    code = """
    from barograph.data_types import Table
    table = Table(columns=["a"], data=[[1], [2]])
    table.add_column("b", ["x", "y"])
    table.add_computed_columns(lambda index, row: {"c": row["a"] * 10 + int(index)})
    print(table.columns, table.data, table.get_column("c"))
    try:
        table.add_column("d", [1])
    except ValueError as error:
        print(error)
    """
    lines = peers.run(code, True, "columns").splitlines()
    assert lines[0] == "['a', 'b', 'c'] [[1, 'x', 10], [2, 'y', 21]] [10, 21]"
    assert lines[1] == "the table has 2 rows, the column 1 values"
