"""Everything of a project: out of one server, into another, out of that: the two archives say the same. Any reader of Parquet opens them."""

from __future__ import annotations

import hashlib
import io
import json
import signal
import subprocess
import sys
import tarfile
import time

import duckdb
import polars
import pyarrow.parquet
import pytest

from tests.python.test_export import OFFICIAL, Command, official

FILL = """
import math, os, sys, wandb
for name in ("one", "two", "three"):
    run = wandb.init(project="p", id=name, name="shown " + name, config={"lr": 0.1, "deep": {"n": 3}}, tags=["a", "b"], notes="n", group="g", job_type="j",
                     settings=wandb.Settings(console="wrap"))
    print("printed by", name)
    print("an error of", name, file=sys.stderr)
    if name != "one":
        run.use_artifact("weights:best")
    for step in range(300):
        run.log({"loss": 1 / (step + 1), "whole": 2.0 * step, "count": step, "nested": {"x": step, "y": {"z": None}}, "text": "é" if step % 7 else "NaN",
                 "odd": math.nan if step == 5 else math.inf if step == 6 else 0.5, "list": [step, None], "flag": step % 2 == 0,
                 "mixed": step if step % 3 else "three", "large": 2**63 + step} | ({"rare": 0.25} if step % 50 == 0 else {}))
    with open("model.bin", "wb") as file:
        file.write(os.urandom(300_000) if name == "one" else name.encode())
    run.save("model.bin", policy="now")
    artifact = wandb.Artifact("weights", type="model", metadata={"from": name}, description="d " + name)
    artifact.add_file("model.bin")
    artifact.add_reference("https://example.org/elsewhere", name="elsewhere", checksum=False)
    logged = run.log_artifact(artifact, aliases=["best", "of-" + name]).wait()
    logged.tags = ["tagged", name]
    logged.save()
    run.link_artifact(logged, "chosen", aliases=["chosen-" + name])
    run.alert("look at " + name, "because", level=wandb.AlertLevel.WARN)
    run.finish(exit_code=0 if name == "one" else 1)
with wandb.init(project="p", id="gone") as run:
    artifact = wandb.Artifact("orphan", type="dataset")
    artifact.add_file("model.bin")
    run.log_artifact(artifact).wait()
wandb.Api().run("admin/p/gone").delete()
"""

VIEW = """mutation View($entity: String!, $type: String!, $name: String!, $parent: ID, $spec: String) { upsertView(input: {entityName: $entity,
    projectName: "p", name: $name, type: $type, displayName: $name, parentId: $parent, description: "of it", spec: $spec}) { view { id } } }"""
SWEEP = """mutation Sweep($config: String!) { upsertSweep(input: {entityName: "admin", projectName: "p", config: $config, displayName: "a search"}) {
    sweep { name } } }"""
JOIN = """mutation Join($sweep: String!) { upsertBucket(input: {entityName: "admin", modelName: "p", name: "two", sweep: $sweep}) { bucket { id } } }"""
COLLECTION = '{ project(name: "p", entityName: "admin") { artifactCollection(name: "weights") { id } } }'
DESCRIBE = """mutation Describe($id: ID!) { updateArtifactSequence(input: {artifactSequenceID: $id, description: "all of them"}) {
    artifactCollection { id } } }"""
TAG = """mutation { createArtifactCollectionTagAssignments(input: {entityName: "admin", projectName: "p", artifactCollectionName: "weights",
    tags: [{tagName: "kept"}]}) { tags { id } } }"""
ABOUT = 'mutation { upsertModel(input: {entityName: "admin", name: "p", description: "# What it is about"}) { model { id } } }'
BEGIN = """mutation Begin($view: ID!) { createDiscussionThread(input: {viewId: $view, quote: "some words", body: "Why, @admin?"}) {
    thread { id comments { id } } } }"""
SAY = """mutation Say($thread: ID!, $comment: ID!) { createDiscussionComment(input: {threadId: $thread, body: "Because."}) { thread { id } }
    updateDiscussionComment(input: {id: $comment, body: "Why, then, @admin?"}) { thread { id } }
    resolveDiscussionThread(input: {id: $thread, resolved: true}) { thread { id } } }"""


@pytest.fixture(scope="module")
def filled(binary, tmp_path_factory):
    from tests.support.server import Server

    if not OFFICIAL.exists():
        pytest.skip("the official client's environment is not made: tests/official/setup.sh")
    folder = tmp_path_factory.mktemp("round")
    server = Server(binary, folder / "data").start()
    official(server, FILL, folder / "writer")
    report = server.graphql(VIEW, {"entity": "admin", "type": "runs", "name": "r1", "parent": None, "spec": json.dumps({"blocks": []})})
    parent = report["upsertView"]["view"]["id"]
    server.graphql(VIEW, {"entity": "admin", "type": "runs/draft", "name": "d1", "parent": parent, "spec": "{}"})
    for name in ("nw-admin-w", "nw-abc123-v"):
        server.graphql(VIEW, {"entity": "admin", "type": "project-view", "name": name, "parent": None, "spec": json.dumps({"section": name})})
    config = "method: random\nmetric: {name: loss, goal: minimize}\nparameters: {lr: {min: 0.0, max: 1.0}}\n"
    sweep = server.graphql(SWEEP, {"config": config})["upsertSweep"]["sweep"]["name"]
    server.graphql(JOIN, {"sweep": sweep})
    server.file_stream("admin", "p", "two", {"complete": True, "exitcode": 1})
    server.graphql(DESCRIBE, {"id": server.graphql(COLLECTION)["project"]["artifactCollection"]["id"]})
    server.graphql(TAG)
    server.graphql(ABOUT)
    thread = server.graphql(BEGIN, {"view": parent})["createDiscussionThread"]["thread"]
    server.graphql(SAY, {"thread": thread["id"], "comment": thread["comments"][0]["id"]})
    server.graphql(BEGIN, {"view": parent})
    yield server
    server.stop()


@pytest.fixture(scope="module")
def archive(filled, package, tmp_path_factory):
    path = tmp_path_factory.mktemp("archive") / "p.tar"
    time.sleep(1.1)  # whatever is made anew at the other place has another time
    done = Command(package, filled, path.parent)("export", "admin/p", path)
    assert done.returncode == 0 and "not carried" not in done.stdout, done.stdout + done.stderr
    return path


def content_of(path) -> dict:
    """By name: Parquet as its rows, lines of JSON as objects, all else as bytes. What a server makes anew is left out."""
    found = {}
    with tarfile.open(path) as tar:
        for member in tar:
            content = tar.extractfile(member).read()
            if member.name.endswith(".parquet"):
                table = pyarrow.parquet.read_table(io.BytesIO(content))
                found[member.name] = (str(table.schema), [field.metadata for field in table.schema], repr(table.to_pylist()))
            elif member.name.endswith(".jsonl"):
                found[member.name] = [json.loads(line) for line in content.splitlines()]
            elif member.name.endswith("/manifest.json"):
                found[member.name] = manifest = json.loads(content)
                for entry in manifest["contents"].values():
                    entry.pop("birthArtifactID", None)  # a number of that server's
            elif member.name not in ("SHA256SUMS", "barograph-export.json"):
                found[member.name] = content
    for line in found["artifacts.jsonl"]:
        del line["history"]  # what was done there was not done here
    return found


def test_archive__comes_out_of_the_other_server_as_it_went_in(filled, archive, make_server, package, tmp_path):
    other = make_server()
    command = Command(package, other, tmp_path)
    for _ in range(2):  # given again it changes nothing
        done = command("import", archive)
        assert done.returncode == 0 and "not carried" not in done.stdout, done.stdout + done.stderr
    assert "3 runs, 0 rows, 0 files, 0 artifacts, 0 views, 0 sweeps, 0 comments" in done.stdout
    again = command("export", "admin/p", tmp_path / "again.tar")
    assert again.returncode == 0, again.stderr
    ours, theirs = content_of(archive), content_of(tmp_path / "again.tar")
    assert sorted(ours) == sorted(theirs)
    for name in ours:
        assert ours[name] == theirs[name], name
    run = next(line for line in ours["runs.jsonl"] if line["name"] == "two")
    assert run["uses"] == [{"name": "weights", "versionIndex": 0}] and run["sweepName"] == ours["sweeps.jsonl"][0]["name"]
    assert [view["type"] for view in ours["views.jsonl"]].count("project-view") == 2
    assert next(view for view in ours["views.jsonl"] if view["name"] == "d1")["parentName"] == "r1"
    assert any("printed by two" in line["line"] for line in ours["console/two.jsonl"])
    assert [alert["title"] for alert in run["alerts"]] == ["look at two"] and run["username"] == "admin"
    orphan = next(line for line in ours["artifacts.jsonl"] if line["name"] == "orphan")
    assert orphan["runName"] is None and orphan["files"] == ["model.bin"], "the run that made it is gone, it is not"
    threads = next(view for view in ours["views.jsonl"] if view["name"] == "r1")["discussions"]
    assert [(thread["resolvedAt"] is not None, len(thread["comments"])) for thread in threads] == [(True, 2), (False, 1)]
    assert other.graphql('{ project(name: "p", entityName: "admin") { description } }')["project"]["description"] == "# What it is about"
    assert {"isPortfolio": True, "name": "chosen"}.items() <= next(each for each in ours["collections.jsonl"] if each["isPortfolio"]).items()


def test_archive__is_read_by_polars_duckdb_and_sha256sum(archive, tmp_path):
    subprocess.run(["tar", "-xf", archive, "-C", tmp_path], check=True)
    checked = subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=tmp_path, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    file = tmp_path / "history" / "one.parquet"
    frame = polars.read_parquet(file)
    assert frame["_step"].to_list() == list(range(300)) and frame["loss"][3] == 0.25
    assert frame["loss"].dtype == polars.Float64 and frame["rare"].drop_nulls().to_list() == [0.25] * 6
    rows = duckdb.sql(f"select count(*), max(count), sum(loss) from '{file}' where flag").fetchall()
    assert rows[0][:2] == (150, 298) and rows[0][2] == pytest.approx(sum(1 / (step + 1) for step in range(0, 300, 2)))


def test_import__that_is_killed_again_and_again_goes_on(archive, make_server, package, tmp_path):
    other = make_server()
    command = Command(package, other, tmp_path)
    for pause_s in (0.3, 0.5, 0.7, 0.9, 1.2):
        process = subprocess.Popen([sys.executable, "-m", "barograph.cli", "import", archive], env=command.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(pause_s)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    done = command("import", archive)
    assert done.returncode == 0 and "not carried" not in done.stdout, done.stdout + done.stderr
    assert command("export", "admin/p", tmp_path / "again.tar").returncode == 0
    ours, theirs = content_of(archive), content_of(tmp_path / "again.tar")
    assert {name for name in ours if ours[name] != theirs.get(name)} == set() and sorted(ours) == sorted(theirs)


def test_archive__damaged_anywhere_is_refused_in_words(archive, package, tmp_path, monkeypatch):
    """Bytes changed, cut out and doubled: nothing of it arrives, and nobody sees a traceback."""
    monkeypatch.syspath_prepend(package)
    from barograph.errors import Error
    from barograph.importers.archive import Reader

    content = archive.read_bytes()
    padding = len(content.rstrip(b"\0"))  # behind the last member a tar has zeros, of which some may be missing
    for seed in range(120):
        at = int.from_bytes(hashlib.sha256(str(seed).encode()).digest()[:8], "big") % len(content)
        damaged = [content[:at], content[:at] + bytes([content[at] ^ 1 << seed % 8]) + content[at + 1 :], content[:at] + content[at + 512 :],
                   content[:at] + content[at - 512 : at] + content[at:]][seed % 4]  # fmt: skip
        (tmp_path / "bad.tar").write_bytes(damaged)
        try:
            project = Reader(tmp_path / "bad.tar").project()
            for file in (file for part in (*project.runs(), *project.artifacts()) for file in part.files):
                file.check()
        except (Error, tarfile.TarError):
            continue
        # A tar's own padding may change: then everything else is as it was.
        assert (seed % 4 == 1 or at >= padding) and len(list(project.runs())) == 3, (seed, at)


def test_export__on_a_full_disk_says_so_and_leaves_nothing(filled, package, tmp_path):
    limited = f"ulimit -f 100; trap '' XFSZ; exec {sys.executable} -m barograph.cli export admin/p {tmp_path}/p.tar"
    done = subprocess.run(["sh", "-c", limited], env=Command(package, filled, tmp_path).env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "File too large" in done.stderr and "Traceback" not in done.stderr
    assert list(tmp_path.glob("p.tar*")) == []
