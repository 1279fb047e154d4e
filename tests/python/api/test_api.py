"""Api against our server: laziness, changes, columns, errors; and against another make's recorded replies."""

from __future__ import annotations

import json
import math

import pytest

from tests.python.api.recorded import Recorded, data
from tests.python.api.world import HISTORY


class Counting:
    """Counts the requests of an Api."""

    def __init__(self, api):
        self.count, request = 0, api.client.request

        def counted(*arguments, **options):
            self.count += 1
            return request(*arguments, **options)

        api.client.request = counted


@pytest.fixture
def runs(api, world):
    return api.runs(world.project, filters={"group": "group-b"}, order="+created_at", per_page=3)


# ---- lists ----


def test_runs__tell_their_length_without_being_fetched(api, runs):
    counting = Counting(api)
    assert len(runs) == 7
    assert (counting.count, runs.objects) == (1, [])


def test_runs__are_fetched_as_far_as_they_are_looked_at(api, runs):
    counting = Counting(api)
    assert runs[0].id == "small0"
    assert (counting.count, len(runs.objects)) == (1, 3)
    assert [run.id for run in runs[2:5]] == ["small2", "small3", "small4"]
    assert counting.count == 2


def test_runs__are_sliced_from_the_end_and_without_an_end(runs):
    assert runs[-1].id == "small6"
    assert [run.id for run in runs[5:]] == ["small5", "small6"]
    assert [run.id for run in runs[::3]] == ["small0", "small3", "small6"]
    with pytest.raises(IndexError):
        runs[7]


def test_runs__bear_two_loops_at_once(runs):
    assert [(a.id, b.id) for a in runs for b in runs][8] == ("small1", "small1")


def test_runs__configs_cost_a_request_a_page(api, runs):
    counting = Counting(api)
    assert [run.config["lr"] for run in runs] == [i / 10 for i in range(7)]
    assert [run.summary["loss"] for run in runs] == [1.0 - i / 10 for i in range(7)]
    assert counting.count <= 4  # three pages, and the configs of the first


def test_runs__upgrade_to_full_fetches_what_is_there(api, runs):
    runs[4]
    runs.upgrade_to_full()
    counting = Counting(api)
    assert [run.config["lr"] for run in runs.objects] == [i / 10 for i in range(6)]
    assert counting.count == 0


def test_api__keeps_what_was_fetched_until_flush(api, world):
    first = api.run(f"{world.project}/full")
    assert api.run(f"{world.entity}/{world.project}/full") is first
    api.flush()
    assert api.run(f"{world.project}/full") is not first


@pytest.mark.parametrize(
    "path",
    [
        "everything/full",
        "{entity}/everything/full",
        "/{entity}/everything/runs/full",
        "{entity}/everything:full",
        "{url}/{entity}/everything/runs/full",
    ],
)
def test_api__understands_paths_and_addresses(api, world, path):
    assert api.run(path.format(entity=world.entity, url=world.server.base_url)).id == "full"


# ---- changing ----


def test_run__keeps_what_was_changed(api, public):
    run = public.Run.create(api, project="changes", state="pending")
    assert run.state == "pending"
    run.name, run.tags, run.notes, run.group = "renamed", ["a"], "noted", "g"
    run.config["lr"] = 0.5
    run.summary["loss"] = 1.5
    run.summary["nested"] = {"a": 1}
    run.update()
    api.flush()
    again = api.run(f"changes/{run.id}")
    assert (again.name, again.tags, again.notes, again.group) == ("renamed", ["a"], "noted", "g")
    assert again.config == {"lr": 0.5}
    assert again.summary.nested.a == 1
    again.summary.update({"loss": 2.5, "more": [1, 2]})
    again.load(force=True)
    assert (again.summary["loss"], again.summary["more"]) == (2.5, [1, 2])


def test_run__files_come_and_go(api, public, tmp_path):
    run = public.Run.create(api, project="changes")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.txt").write_text("content")
    file = run.upload_file(str(tmp_path / "folder" / "a.txt"), root=str(tmp_path))
    assert (file.name, file.size) == ("folder/a.txt", 7)
    with file.download(str(tmp_path / "out")) as opened:
        assert opened.read() == "content"
    with pytest.raises(ValueError, match="exist_ok=True leaves it"):
        file.download(str(tmp_path / "out"))
    file.download(str(tmp_path / "out"), exist_ok=True).close()
    file.download(str(tmp_path / "out"), replace=True).close()
    assert [each.name for each in run.files(pattern="%.txt")] == ["folder/a.txt"]
    file.delete()
    assert len(list(run.files())) == 0
    with pytest.raises(IndexError, match="has no file 'gone.txt'"):
        run.file("gone.txt")


def test_file__never_leads_out_of_its_folder(public, tmp_path):
    from barograph.transport import Transport

    client = Transport("http://127.0.0.1:1", "k" * 40)
    for name in ("../out", "/etc/passwd", "a/../../out"):
        with pytest.raises(ValueError, match="leads out of"):
            public.File(client, {"name": name, "url": "/never-asked"}).download(str(tmp_path))


def test_run__is_deleted(api, public):
    run = public.Run.create(api, project="changes")
    run.delete()
    api.flush()
    with pytest.raises(public.RunNotFoundError):
        api.run(f"changes/{run.id}")


def test_run__shows_itself_in_a_notebook(api, world):
    run = api.run(f"{world.project}/full")
    assert run.url in run._repr_html_()
    assert "display:none" in run.to_html(hidden=True)
    assert run.display() is False  # there is no notebook here


# ---- histories as columns ----


def test_scan__gives_back_what_was_logged(api, world):
    assert list(api.run(f"{world.project}/full").scan_history()) == HISTORY


def test_scan__takes_steps_and_can_be_gone_through_twice(api, world):
    scan = api.run(f"{world.project}/full").scan_history(keys=["epoch"], min_step=8, max_step=12)
    wanted = [{"_step": 8, "epoch": 0}, {"_step": 9, "epoch": 0}, {"_step": 10, "epoch": 1}, {"_step": 11, "epoch": 1}]
    assert list(scan) == wanted
    assert list(scan) == wanted
    assert next(scan) == wanted[0]


def test_scan__keeps_null_nan_and_large_integers_apart(api, world):
    rows = list(api.run("odd-values/odd").scan_history())
    assert math.isnan(rows[2]["x"])
    assert rows[3]["x"] == math.inf
    assert [row for row in rows if row["_step"] == 6] == [{"_step": 6, "x": None}, {"_step": 6, "x": 9}]
    assert rows[-1] == {"_step": 7, "big": 2**70}


def test_columns__are_what_arrow_libraries_take(api, world):
    pyarrow, polars, pandas = (pytest.importorskip(name) for name in ("pyarrow", "polars", "pandas"))
    columns = api.run(f"{world.project}/full").history_arrow()
    table = pyarrow.table(columns)
    assert (table.num_rows, table.column("loss").to_pylist()[1]) == (60, 0.5)
    assert table.schema.field("nested.deep.b").metadata[b"barograph.path"] == b'["nested","deep","b"]'
    assert polars.DataFrame(columns)["rare"].null_count() == 54
    frame = columns.to_pandas()
    assert frame["epoch"].dtype == "int64" and frame["is_best"].dtype == "bool"
    assert frame["nested"][4] == {"a": 4, "deep": {"b": 1.0}}
    frame.loc[0, "loss"] = 7.0  # one's own to change
    assert pandas.isna(frame["rare"][0])
    del columns, table


def test_columns__outlive_what_they_came_from(api, world):
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.table(api.run(f"{world.project}/sealed").history_arrow())
    import gc

    gc.collect()
    assert table.column("rare").to_pylist() == [step * step for step in range(500)]


@pytest.mark.parametrize("damage", [b"", b"\xff\xff\xff\xff", b"no arrow at all, but long enough to be looked into", None])
def test_columns__refuse_what_is_none(public, world, damage):
    from barograph.errors import Error

    if damage is None:
        reply = world.server.request("POST", "/api/history/columns", key=world.key, json={"entity": world.entity, "project": world.project, "runs": ["full"]})
        damage = reply.content[: len(reply.content) // 2]
    with pytest.raises(Error, match="the columns cannot be read"):
        public.Columns(damage)


def test_histories__are_one_request(api, runs):
    counting = Counting(api)
    frame = runs.histories(samples=10, keys=["loss"], format="pandas")
    assert counting.count == 1
    assert list(frame.columns) == ["_step", "loss", "run_id"]
    assert set(frame["run_id"]) == {f"small{i}" for i in range(7)}
    rows = runs.histories(samples=10, keys=["loss"])
    assert [row for row in rows if row["run_id"] == "small3"][0] == {"run_id": "small3", "_step": 0, "loss": 3.0}
    assert runs.histories(samples=10, format="polars").shape[1] == 4
    with pytest.raises(ValueError, match="format is default, pandas or polars"):
        runs.histories(format="excel")
    with pytest.raises(ValueError, match="project 'nowhere' not found"):
        api.runs("nowhere").histories(format="pandas")


def test_table__has_a_row_for_each_run(runs, api, world):
    frame = runs.table("pandas")
    assert list(frame["id"]) == [f"small{i}" for i in range(7)]
    assert list(frame["config.lr"]) == [i / 10 for i in range(7)]
    assert frame["summary.loss"][1] == 0.9
    assert frame["tags"][0] == ["even"]
    whole = api.runs(world.project).table("polars")
    assert whole.filter(whole["id"] == "full")["config.model.kind"].to_list() == ["tiny"]


def test_sql__asks_over_runs_and_histories(api, world):
    pytest.importorskip("duckdb")
    query = 'select id, max(h.acc) top from runs join history h on h.run_id = runs.id where "config.lr" > 0.4 group by id order by id'
    found = api.sql(query, world.project)
    assert found.values.tolist() == [["small5", 39.0], ["small6", 39.0]]


# ---- errors ----


def test_errors__are_one_line_that_says_what_to_do(api, public, world):
    from barograph.errors import CommError

    asked = {
        "its path is entity/project/run_id": lambda: api.run("everything/nobody"),
        "lists them": lambda: list(api.runs("nowhere")),
        r"unknown operator": lambda: list(api.runs(world.project, {"state": {"$near": 1}})),
        "is not offered": lambda: api.run_queue("e", "q"),
        "a path is entity/project/name": lambda: api.run("a/b/c/d/e"),
    }
    for sentence, ask in asked.items():
        with pytest.raises(CommError, match=sentence) as caught:
            ask()
        assert "\n" not in str(caught.value)
    for missing in ("everything/nobody", "a/b/c/d/e"):
        with pytest.raises(ValueError):
            api.run(missing)


def test_errors__what_others_own_is_as_what_is_not_there(public, world, make_user):
    stranger = make_user()
    other = public.Api({"base_url": world.server.base_url}, api_key=stranger.key)
    with pytest.raises(ValueError, match="Could not find run"):
        other.run(f"{world.entity}/{world.project}/full")


def test_api__asks_for_a_key_when_there_is_none(public, world, monkeypatch, tmp_path):
    from barograph.errors import UsageError

    for name in ("BAROGRAPH_API_KEY", "WANDB_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(UsageError, match="`barograph login`"):
        public.Api({"base_url": world.server.base_url})


# ---- sweeps, registries ----


def test_sweep__is_made_and_found(api):
    config = {"method": "grid", "name": "s", "metric": {"name": "loss"}, "parameters": {"lr": {"values": [1, 2, 3]}}}
    made = api.create_sweep(config, project="changes")
    found = api.sweep(f"changes/{made.id}")
    assert (found.config, found.name, found.order, found.expected_run_count) == (config, "s", "+summary_metrics.loss", 3)
    assert (list(found.runs), found.best_run(), found.agents()) == ([], None, [])
    assert [sweep.id for sweep in api.project("changes").sweeps()] == [made.id]


def test_registry__is_made_edited_and_deleted(api, world, make_user):
    registry = api.create_registry("shelf", "restricted", organization=world.org, artifact_types=["model"])
    with pytest.raises(ValueError, match="has a registry 'shelf' already"):
        api.create_registry("shelf", "restricted", organization=world.org)
    registry.description, registry.visibility = "what is served", "organization"
    registry.artifact_types.append("dataset")
    registry.name = "renamed"
    registry.save()
    found = api.registry("renamed", world.org)
    assert (found.description, found.visibility, sorted(found.artifact_types)) == ("what is served", "organization", ["dataset", "model"])
    found.artifact_types.remove("model")
    with pytest.raises(ValueError, match="artifact types stay in a registry"):
        found.save()
    colleague = make_user()
    assert world.server.run_cli("org", "member", world.org, colleague.name, "--role", "member").returncode == 0
    user = api.user(colleague.name)
    found.add_members(user).update_member(user, "admin")
    roles = {member.user.username: member.role for member in found.members()}
    assert roles[colleague.name] == "admin"
    found.remove_members(user)
    assert colleague.name not in {member.user.username for member in found.members()}
    assert (len(list(found.collections())), len(list(found.versions()))) == (0, 0)
    found.delete()
    with pytest.raises(ValueError, match="Could not find registry"):
        api.registry("renamed", world.org)


# ---- people, tensorboard ----


def test_people__are_found(api, world):
    assert api.viewer.username == world.entity
    assert api.user(world.entity).username == world.entity
    assert api.user("nobody at all") is None


def test_tensorboard__scalars_become_a_run(api, tmp_path):
    import struct

    def field(number: int, kind: int, content: bytes) -> bytes:
        return bytes([number << 3 | kind]) + content

    def sized(content: bytes) -> bytes:
        return bytes([len(content)]) + content

    def record(step: int, value: float) -> bytes:
        scalar = field(1, 2, sized(b"loss")) + field(2, 5, struct.pack("<f", value))
        event = field(1, 1, struct.pack("<d", 1.7e9 + step)) + field(2, 0, bytes([step])) + field(5, 2, sized(field(1, 2, sized(scalar))))
        return struct.pack("<Q", len(event)) + bytes(4) + event + bytes(4)

    whole = b"".join(record(step, step / 2) for step in range(5))
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "events.out.tfevents.1.host").write_bytes(whole + record(9, 9.0)[:20])
    run = api.sync_tensorboard(str(tmp_path), project="changes")
    rows = list(run.scan_history())
    assert [row["train/loss"] for row in rows] == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert [(row["_step"], row["global_step"], row["_timestamp"]) for row in rows] == [(i, i, 1.7e9 + i) for i in range(5)]
    assert (run.state, run.summary["train/loss"]) == ("finished", 2.0)
    with pytest.raises(ValueError, match="no event files"):
        api.sync_tensorboard(str(tmp_path / "empty"))


# ---- a server of another make ----


RUN = {"id": "x", "name": "r1", "displayName": "one", "state": "finished", "projectId": "7", "tags": [], "historyKeys": {"lastStep": 2}}
FULL = {**RUN, "config": '{"lr": {"value": 1}}', "summaryMetrics": '{"loss": NaN}', "systemMetrics": None, "user": None}


def foreign(handler, body: bytes):
    """As recorded: JSON rows, no columns, an HTML page for addresses that it does not know."""
    if handler.path != "/graphql":
        return (404, {"Content-Type": "text/html"}, b"<html>Not found</html>")
    query = json.loads(body)["query"]
    if "sampledHistory" in query:
        return data(project={"run": {"rows": [[{"_step": 0, "loss": "NaN"}, {"_step": 2, "loss": 3}]]}})
    if "rows: history" in query:
        return data(project={"run": {"rows": ['{"_step": 0, "loss": NaN}', '{"_step": 2, "loss": 3, "a": {"b": 1}}']}})
    if "runs(" in query:
        page = {"edges": [{"node": FULL, "cursor": "c"}], "pageInfo": {"hasNextPage": False, "endCursor": None}}
        return data(project={"internalId": "7", "readOnly": False, "runCount": 1, "runs": page})
    return data(project={"run": FULL})


@pytest.fixture
def foreign_api(public):
    server = Recorded([foreign])
    yield public.Api({"base_url": server.url, "entity": "e", "project": "p"}, api_key="k" * 40), server
    server.stop()


def test_foreign__histories_come_as_json(foreign_api):
    api, server = foreign_api
    run = api.run("p/r1")
    rows = list(run.scan_history())
    assert math.isnan(rows[0]["loss"]) and rows[1] == {"_step": 2, "loss": 3, "a": {"b": 1}}
    assert [row["_step"] for row in run.scan_history(keys=["loss"])] == [0, 2]
    assert run.history(samples=5, pandas=False)[1]["a"] == {"b": 1}
    assert run.history(keys=["loss"]).shape == (2, 2)
    asked = [path for _, path, _, _ in server.requests if path == "/api/history/columns"]
    assert len(asked) == 1  # it is not asked again for what it does not have


def test_foreign__lists_and_tables_work(foreign_api):
    api, _ = foreign_api
    runs = api.runs("p")
    assert [run.config for run in runs] == [{"lr": 1}]
    assert runs.histories(format="pandas")["run_id"].tolist() == ["r1", "r1"]
    assert runs.table("pandas")["config.lr"].tolist() == [1]
    assert runs[0].user is None
