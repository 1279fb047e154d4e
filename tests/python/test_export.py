"""A project taken out of one server and put into another: the official public API reads the same from both."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from tests.support.protocol import RunUnderTest

REPOSITORY = Path(__file__).parent.parent.parent
OFFICIAL = REPOSITORY / "build" / "venvs" / "wandb-0.31.0" / "bin" / "python"

FILL = """
import math, os, wandb
for name in ("one", "two"):
    run = wandb.init(project="p", id=name, name="shown " + name, config={"lr": 0.1, "deep": {"n": 3}}, tags=["a", "b"], notes="n", group="g", job_type="j")
    for step in range(300):
        run.log({"loss": 1 / (step + 1), "nested": {"x": step}, "text": "é" if step % 7 else "NaN", "odd": math.nan if step == 5 else 0.5, "list": [step]})
    with open("model.bin", "wb") as file:
        file.write(os.urandom(300_000))
    run.save("model.bin", policy="now")
    artifact = wandb.Artifact("weights", type="model", metadata={"from": name}, description="d")
    artifact.add_file("model.bin")
    run.log_artifact(artifact, aliases=["best"]).wait()
    run.finish(exit_code=0 if name == "one" else 1)
"""

READ = """
import hashlib, json, wandb
api = wandb.Api()
found = {}
for run in api.runs("ENTITY/p", order="+created_at"):
    rows = [row for row in run.scan_history()]
    files = {file.name: (file.size, file.md5) for file in run.files() if file.name != "wandb-metadata.json"}
    artifacts = {}
    for artifact in run.logged_artifacts():
        contents = {name: hashlib.sha256(open(artifact.get_entry(name).download(), "rb").read()).hexdigest() for name in artifact.manifest.entries}
        artifacts[artifact.name] = [artifact.type, artifact.digest, artifact.metadata, artifact.description, sorted(artifact.aliases), contents]
    found[run.id] = [run.name, run.state, run.config, dict(run.summary), sorted(run.tags), run.notes, run.group, run.job_type, rows, files, artifacts]
print(json.dumps(found, sort_keys=True, default=str))
"""

REPORT = """mutation View($entity: String!, $spec: String) { upsertView(input: {entityName: $entity, projectName: "p", name: "r1",
    type: "runs", displayName: "A report", description: "of it", spec: $spec}) { view { id } } }"""

PRIVATE = """mutation { upsertView(input: {entityName: "admin", projectName: "p", name: "nw-mine-v", type: "project-view", displayName: "mine",
    spec: "{}", private: true}) { view { id } } }"""


class Administrator:
    def __init__(self, server):
        self.server, self.name, self.key, self.graphql = server, "admin", server.admin_key, server.graphql


class Command:
    """The package's commands, as a user of one server."""

    def __init__(self, package, server, home):
        self.env = {"PATH": "/usr/bin:/bin", "HOME": str(home), "PYTHONPATH": str(package), "BAROGRAPH_BASE_URL": server.base_url,
                    "BAROGRAPH_API_KEY": server.admin_key}  # fmt: skip

    def __call__(self, *arguments, **env) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "barograph.cli", *map(str, arguments)]
        return subprocess.run(command, env={**self.env, **env}, capture_output=True, text=True, timeout=120)


def official(server, code: str, folder: Path) -> str:
    env = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "WANDB_BASE_URL": server.base_url, "WANDB_API_KEY": server.admin_key, "WANDB_SILENT": "true"}
    folder.mkdir(exist_ok=True)
    done = subprocess.run([OFFICIAL, "-c", code], cwd=folder, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def read(server, folder: Path, entity: str = "admin") -> dict:
    return json.loads(official(server, READ.replace("ENTITY", entity), folder).splitlines()[-1])


@pytest.fixture
def filled(make_server, tmp_path):
    if not OFFICIAL.exists():
        pytest.skip("the official client's environment is not made: tests/official/setup.sh")
    server = make_server()
    official(server, FILL, tmp_path / "writer")
    server.graphql(REPORT, {"entity": "admin", "spec": json.dumps({"blocks": [{"type": "paragraph"}]})})
    return server


def test_export__is_read_into_another_server_as_it_was(filled, make_server, package, tmp_path):
    done = Command(package, filled, tmp_path)("export", "admin/p", tmp_path / "p.tar")
    assert done.returncode == 0, done.stderr
    assert "2 runs" in done.stdout and "2 artifacts, 1 views" in done.stdout and "not carried" not in done.stdout
    other = make_server()
    again = Command(package, other, tmp_path)("import", tmp_path / "p.tar")
    assert again.returncode == 0, again.stderr
    assert "not carried" not in again.stdout, again.stdout
    ours, theirs = read(filled, tmp_path / "a"), read(other, tmp_path / "b")
    assert len(ours["one"][8]) == 300
    assert ours == theirs
    views = 'query { project(name: "p", entityName: "admin") { allViews(viewType: "runs") { edges { node { name displayName description spec } } } } }'
    assert filled.graphql(views) == other.graphql(views)


def test_import__repeated_brings_only_what_is_new(filled, make_server, package, tmp_path):
    other = make_server()
    Command(package, filled, tmp_path)("export", "admin/p", tmp_path / "first.tar")
    assert Command(package, other, tmp_path)("import", tmp_path / "first.tar").returncode == 0
    before = read(other, tmp_path / "b")
    same = Command(package, other, tmp_path)("import", tmp_path / "first.tar")
    assert "2 runs, 0 rows, 0 files, 0 artifacts, 0 views" in same.stdout, same.stdout + same.stderr
    assert read(other, tmp_path / "b") == before
    more = "import wandb\nrun = wandb.init(project='p', id='one', resume='must')\nrun.log({'loss': 7.5})\nrun.finish()"
    official(filled, more, tmp_path / "writer")
    Command(package, filled, tmp_path)("export", "admin/p", tmp_path / "second.tar")
    next_time = Command(package, other, tmp_path)("import", tmp_path / "second.tar")
    assert next_time.returncode == 0, next_time.stderr
    rows = read(other, tmp_path / "b")["one"][8]
    assert len(rows) == 301 and rows[-1]["loss"] == 7.5


def test_import__of_a_damaged_archive_is_refused(filled, make_server, package, tmp_path):
    Command(package, filled, tmp_path)("export", "admin/p", tmp_path / "p.tar")
    content = bytearray((tmp_path / "p.tar").read_bytes())
    with tarfile.open(tmp_path / "p.tar") as tar:
        place = next(member for member in tar if member.name.endswith("model.bin")).offset_data
    content[place + 100] ^= 1
    (tmp_path / "bad.tar").write_bytes(content)
    (tmp_path / "cut.tar").write_bytes(content[: place + 1000])
    for name in ("bad.tar", "cut.tar"):
        done = Command(package, filled, tmp_path)("import", tmp_path / name)
        assert done.returncode in (1, 2) and "Traceback" not in done.stderr, done.stderr


def test_import_wandb__reads_another_server_also_after_kills(filled, make_server, package, tmp_path):
    other = make_server()
    command = Command(package, other, tmp_path)
    words = ("import", "--source-url", filled.base_url, "wandb", "admin/p")
    key = {"WANDB_SOURCE_API_KEY": filled.admin_key}
    for pause_s in (0.3, 0.5):  # wherever it has got to by then
        process = subprocess.Popen([sys.executable, "-m", "barograph.cli", *words], env={**command.env, **key}, stdout=subprocess.DEVNULL)
        time.sleep(pause_s)
        process.kill()
        process.wait()
    for rows in ("", "0 rows, 0 files, 0 artifacts"):
        done = command(*words, **key)
        assert done.returncode == 0, done.stderr
        assert "not carried" not in done.stdout and rows in done.stdout, done.stdout
    assert read(filled, tmp_path / "a") == read(other, tmp_path / "b")


def test_export__of_what_may_not_be_read_is_refused(filled, package, tmp_path):
    command = Command(package, filled, tmp_path)
    done = command("export", "admin/p", tmp_path / "p.tar", BAROGRAPH_API_KEY=filled.add_user("stranger"))
    assert done.returncode == 1 and not (tmp_path / "p.tar").exists() and not (tmp_path / "p.tar.part").exists()


THREAD = """mutation Thread($view: ID!) { createDiscussionThread(input: {viewId: $view, quote: "of it", body: "why is that?"}) { thread { id } } }"""


SHOW = 'mutation { upsertModel(input: {entityName: "admin", name: "p", access: "USER_READ"}) { model { id } } }'
HERS = 'mutation { upsertBucket(input: {entityName: "admin", modelName: "p", name: "hers"}) { bucket { id } } }'
MAKERS = """{ project(name: "p", entityName: "admin") { run(name: "hers") { user { username } }
    allViews(viewType: "runs") { edges { node { discussionThreads { comments { username importedAuthor } } } } } } }"""


def test_export__keeps_what_is_private_and_what_was_said(make_server, package, tmp_path):
    server, other = make_server(), make_server()
    RunUnderTest(Administrator(server), "p", "one").post({"complete": True, "exitcode": 0})
    report = server.graphql(REPORT, {"entity": "admin", "spec": "{}"})["upsertView"]["view"]["id"]
    server.graphql(THREAD, {"view": report})
    server.graphql(PRIVATE)
    assert Command(package, server, tmp_path)("export", "admin/p", tmp_path / "p.tar").returncode == 0
    report, workspace = map(json.loads, contents(tmp_path / "p.tar")["views.jsonl"].splitlines()[::-1])
    assert report["discussions"][0]["quote"] == "of it"
    assert [(said["username"], said["body"]) for said in report["discussions"][0]["comments"]] == [("admin", "why is that?")]
    assert workspace["private"] and not report["private"]
    for views in (2, 0):
        done = Command(package, other, tmp_path)("import", tmp_path / "p.tar")
        assert done.returncode == 0 and f"{views} views, 0 sweeps, {views // 2} comments" in done.stdout, done.stdout + done.stderr
        assert "not carried" not in done.stdout
    assert Command(package, other, tmp_path)("export", "admin/p", tmp_path / "q.tar").returncode == 0
    again = [json.loads(line) for line in contents(tmp_path / "q.tar")["views.jsonl"].splitlines()]
    assert [(view["name"], view["private"]) for view in again] == [("nw-mine-v", True), ("r1", False)]


def test_import__finds_who_made_things_once_they_may_read_the_project(make_server, package, tmp_path):
    """Accounts, and rights, may come after the first import."""
    server, other = make_server(), make_server()
    RunUnderTest(Administrator(server), "p", "one").post({"complete": True, "exitcode": 0})
    report = server.graphql(REPORT, {"entity": "admin", "spec": "{}"})["upsertView"]["view"]["id"]
    server.graphql(THREAD, {"view": report})
    alice = server.add_user("alice", "--admin")
    server.graphql(THREAD, {"view": report}, key=alice)
    server.graphql(HERS, key=alice)
    server.file_stream("admin", "p", "hers", {"complete": True, "exitcode": 0}, key=alice)
    assert Command(package, server, tmp_path)("export", "admin/p", tmp_path / "p.tar").returncode == 0

    def names():
        found = other.graphql(MAKERS)["project"]
        threads = next(edge["node"]["discussionThreads"] for edge in found["allViews"]["edges"])
        return found["run"]["user"]["username"], [(said["username"], said["importedAuthor"]) for thread in threads for said in thread["comments"]]

    assert Command(package, other, tmp_path)("import", tmp_path / "p.tar").returncode == 0
    assert names() == ("admin", [("admin", "admin"), ("admin", "alice")])
    other.add_user("alice")
    other.graphql(SHOW)
    done = Command(package, other, tmp_path)("import", tmp_path / "p.tar")
    assert done.returncode == 0 and "0 comments" in done.stdout
    assert names() == ("alice", [("admin", "admin"), ("alice", "alice")])


def test_import__brings_long_talk_and_many_alerts_in_portions(make_server, package, tmp_path):
    server, other = make_server(), make_server()
    RunUnderTest(Administrator(server), "p", "one").post({"complete": True, "exitcode": 0})
    report = server.graphql(REPORT, {"entity": "admin", "spec": "{}"})["upsertView"]["view"]["id"]
    times = [f"2026-01-01T00:{second // 60:02}:{second % 60:02}.000Z" for second in range(230)]
    comments = [{"username": "alice", "body": f"say {time}", "createdAt": time, "editedAt": None} for time in times]
    threads = [{"quote": str(count), "createdAt": times[0], "resolvedAt": times[-1], "resolvedBy": "admin", "comments": comments[:count]} for count in (230, 60, 60, 1)]
    alerts = [{"title": time, "text": "look " * 10_000, "severity": "INFO", "createdAt": time} for time in times]
    for body in ({"discussions": [{"view": report, "threads": threads}]}, *({"runs": [{"name": "one", "alerts": alerts[first : first + 100]}]} for first in (0, 100, 200))):
        assert server.request("POST", "/api/import/admin/p", json=body).status_code == 200
    assert Command(package, server, tmp_path)("export", "admin/p", tmp_path / "p.tar").returncode == 0
    for count in (351, 0):
        done = Command(package, other, tmp_path)("import", tmp_path / "p.tar")
        assert done.returncode == 0 and f"{count} comments" in done.stdout and "not carried" not in done.stdout, done.stdout + done.stderr
    assert Command(package, other, tmp_path)("export", "admin/p", tmp_path / "q.tar").returncode == 0
    for name in ("runs.jsonl", "views.jsonl"):
        assert contents(tmp_path / "p.tar")[name] == contents(tmp_path / "q.tar")[name]


def test_import__shows_how_far_it_is_at_a_terminal(make_server, package, tmp_path):
    server = make_server()
    for name in ("one", "two"):
        RunUnderTest(Administrator(server), "p", name).post({"complete": True, "exitcode": 0})
    command = Command(package, server, tmp_path)
    for words in (("export", "admin/p", tmp_path / "p.tar"), ("import", tmp_path / "p.tar", "--project", "q")):
        ours, theirs = pty.openpty()
        process = subprocess.Popen([sys.executable, "-m", "barograph.cli", *map(str, words)], env=command.env, stdout=subprocess.DEVNULL, stderr=theirs)
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # the other end is closed
            while piece := os.read(ours, 1000):
                shown += piece
        os.close(ours)
        assert process.wait(60) == 0, shown
        assert b"[###############...............] 1 of 2 runs" in shown and b"] 2 of 2 runs" in shown


def test_export__of_a_stopped_folder_is_that_of_its_server(filled, package, tmp_path):
    command = Command(package, filled, tmp_path)
    assert command("export", "admin/p", tmp_path / "served.tar").returncode == 0
    # What is told to a service does not reach the server that is started for this.
    env = {**command.env, "BAROGRAPH_PYTHON": sys.executable, "BAROGRAPH_LISTEN": "192.0.2.1:1", "BAROGRAPH_PUBLIC_URL": "https://example.org"}
    del env["BAROGRAPH_API_KEY"], env["BAROGRAPH_BASE_URL"]

    def export(*words) -> subprocess.CompletedProcess:
        return subprocess.run([filled.binary, "export", *map(str, words)], env=env, capture_output=True, text=True, timeout=120)

    used = export("--data", filled.data, "admin/p", tmp_path / "p.tar")
    assert used.returncode == 1 and "Traceback" not in used.stderr and not (tmp_path / "p.tar").exists(), used.stderr
    filled.stop()
    done = export("--data", filled.data, "--check", "admin/p", tmp_path / "p.tar")
    assert done.returncode == 0 and "2 runs" in done.stdout, done.stderr
    assert contents(tmp_path / "p.tar") == contents(tmp_path / "served.tar")
    none = export(f"--data={filled.data}", "admin/another", tmp_path / "q.tar")
    assert none.returncode == 1 and "there is no project admin/another" in none.stderr
    filled.start()  # nothing was left running on it
    assert export("--database", "sqlite:x", "admin/p", tmp_path / "q.tar").returncode == 2


def contents(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar if member.name not in ("barograph-export.json", "SHA256SUMS")}
