"""Artifacts: digests, manifests and bytes as the official client has them, and the whole of the class."""

from __future__ import annotations

import http.server
import json
import shutil
import threading

import pytest

from tests.python.peers import PYTHON

MAKE = """
import json, os, sys
import wandb

os.makedirs("data/deep", exist_ok=True)
for name, text in (("data/a.txt", "alpha"), ("data/deep/b.txt", "beta"), ("c.txt", ""), ("ümlaut.txt", "x")):
    with open(name, "w") as file:
        file.write(text)
artifact = wandb.Artifact("thing", "dataset", description="words", metadata={"n": 1, "nested": {"f": 0.5}})
artifact.add_file("c.txt")
artifact.add_file("ümlaut.txt", name="named/with space ü.txt")
artifact.add_dir("data", name="folder")
artifact.add_file("data/a.txt", name="kept.txt", policy="immutable")
with artifact.new_file("new/file.json") as file:
    json.dump([1, 2], file)
artifact.add_reference(f"file://{os.path.abspath('data')}", name="local")
artifact.add_reference(f"file://{os.path.abspath('c.txt')}")
artifact.add_reference("https://example.com/some/model.bin?v=1", name="far.bin", checksum=False)
artifact.add_reference(sys.argv[1] + "/tagged.bin")
artifact.add_reference(sys.argv[1] + "/plain.bin", name="plain")
artifact.remove("c.txt") if "c.txt" in artifact.manifest.entries else None
with open("c.txt", "w") as file:
    file.write("changed after it was added")
"""
DESCRIBE = """
def describe(artifact):
    entries = {path: [entry.digest, entry.size, (entry.ref or "").replace(os.getcwd(), "CWD"), entry.extra]
               for path, entry in artifact.manifest.entries.items()}
    return {"digest": artifact.digest, "size": artifact.size, "entries": entries}
"""


class Files(http.server.BaseHTTPRequestHandler):
    """Two files, one with an ETag."""

    def do_GET(self):
        body = self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if "tagged" in self.path:
            self.send_header("ETag", '"tag-1"')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *unused):
        pass


@pytest.fixture(scope="module")
def web():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def last(text: str):
    return json.loads(text.splitlines()[-1])


def test_digests_and_manifests_are_the_official_clients(peers, web):
    code = MAKE + DESCRIBE + "print(json.dumps(describe(artifact)))"
    official, ours = (last(peers.run(code, is_ours, f"made-{is_ours}", web)) for is_ours in (False, True))
    places = {str(peers.folder / f"made-{is_ours}") for is_ours in (False, True)}
    assert len(places) == 2
    # References to local files are addresses, whose folder differs; their digests are of the content.
    assert ours == official
    assert set(ours["entries"]["tagged.bin"][3]) == {"etag"}


def test_a_logged_artifact_is_read_back_by_both(peers, web):
    code = MAKE + DESCRIBE + """
run = wandb.init(project="artifacts")
logged = run.log_artifact(artifact, aliases=["best"], tags=["good one"])
logged.wait()
print(json.dumps({"id": logged.id, "version": logged.version, "state": logged.state, "aliases": sorted(logged.aliases),
                  "tags": logged.tags, "count": logged.file_count, **describe(logged)}))
run.finish()
"""
    told = [last(peers.run(code, is_ours, f"logged-{is_ours}", web)) for is_ours in (True, False)]
    assert told[0]["version"] == "v0" and told[0]["state"] == "COMMITTED"
    assert (told[0]["aliases"], told[0]["tags"]) == (["best", "latest"], ["good one"])
    # The same content again is the same version, whoever logs it.
    assert {key: told[0][key] for key in ("id", "digest", "size", "count")} == {
        key: told[1][key] for key in ("id", "digest", "size", "count")
    }
    read = """
    import hashlib, json, os, pathlib, sys
    import wandb
    artifact = wandb.Api().artifact(sys.argv[1])
    folder = artifact.download("there", allow_missing_references=True, path_prefix=sys.argv[2])
    files = {str(path.relative_to(folder)): path.read_text() for path in pathlib.Path(folder).rglob("*") if path.is_file()}
    print(json.dumps([files, artifact.description, artifact.metadata, artifact.type, artifact.qualified_name,
                      artifact.source_version, artifact.is_link, artifact.digest]))
    """
    name = f"{peers.user.name}/artifacts/thing:best"
    official, ours = (last(peers.run(read, is_ours, f"got-{is_ours}", name, "folder")) for is_ours in (False, True))
    assert ours == official
    assert ours[0] == {"folder/a.txt": "alpha", "folder/deep/b.txt": "beta"}


LIFE = """
import json, os, pathlib, sys, time, wandb
from datetime import timedelta

def refused(call):
    try:
        call()
    except wandb.CommError:
        return "CommError"
    except Exception as error:
        return type(error).__name__
    return "nothing"

told = {}
draft = wandb.Artifact("life", "dataset")
told["draft"] = [draft.is_draft(), draft.id, refused(lambda: draft.version), refused(draft.wait), refused(lambda: draft.get_entry("x"))]
with draft.new_file("a.txt") as file:
    file.write("one")
run = wandb.init(project=sys.argv[1])
run.log_artifact(draft).wait()
told["final"] = refused(lambda: draft.add_reference("https://example.com/x", checksum=False))

second = draft.new_draft()
with second.new_file("b.txt") as file:
    file.write("two")
second.ttl = timedelta(days=3)
run.log_artifact(second)
second.wait()
told["second"] = [second.version, sorted(second.manifest.entries), second.ttl.total_seconds()]

second.description, second.metadata, second.aliases, second.tags = "new", {"a": [1]}, ["latest", "fine"], ["t 1"]
second.save()
api = wandb.Api()
again = api.artifact(f"{run.entity}/{run.project}/life:fine")
told["edited"] = [again.description, again.metadata, sorted(again.aliases), again.tags, again.version]

folder = pathlib.Path(again.download())
told["root"] = str(folder.relative_to(pathlib.Path.cwd()))
again.verify()
(folder / "b.txt").write_text("damaged")
told["damaged"] = refused(again.verify)
again.download()
again.verify()
(folder / "stranger.txt").write_text("x")
told["stranger"] = refused(again.verify)
checked = pathlib.Path(again.checkout("out"))
(checked / "stranger.txt").write_text("x")
again.checkout("out")
told["checkout"] = sorted(path.name for path in checked.iterdir())
told["one"] = [refused(again.file), pathlib.Path(api.artifact(f"{run.entity}/{run.project}/life:v0").file()).read_text()]
told["entry"] = pathlib.Path(again.get_entry("a.txt").download("single")).read_text()
told["files"] = sorted(file.name for file in again.files())
told["by"] = [again.logged_by().id == run.id, again.used_by()]
run.use_artifact(again)
while not again.used_by():  # the official client tells it in its own time, and a version that is gone cannot be used
    time.sleep(0.1)
told["used"] = [used.id == run.id for used in again.used_by()]  # before it is deleted: the server's cleaner takes that away some time later
other = wandb.Artifact("points", "dataset")
other.add_reference(again.get_entry("a.txt"), name="copy.txt")
run.log_artifact(other).wait()
told["reference"] = pathlib.Path(api.artifact(f"{run.entity}/{run.project}/points:latest").download("points")).joinpath("copy.txt").read_text()
link = again.link(f"{run.entity}/{run.project}/shelf", aliases=["top"])
told["link"] = [link.is_link, link.name, sorted(link.aliases), link.source_name, link.source_artifact.name,
                len(again.linked_artifacts), again.linked_artifacts[0].name]
link.unlink()
told["unlinked"] = [refused(again.unlink), len(again.linked_artifacts) if refused(lambda: again.linked_artifacts) == "nothing" else 0]
told["delete"] = refused(again.delete)
again.delete(delete_aliases=True)
told["gone"] = refused(lambda: api.artifact(f"{run.entity}/{run.project}/life:v1"))
run.finish()
told["names"] = [refused(lambda: wandb.Artifact(name, "t")) for name in ("a/b", "a b", "x" * 129, "")]
told["types"] = [refused(lambda: wandb.Artifact("a", "wandb-x")), refused(lambda: wandb.Artifact("run-1", "run_table"))]
print(json.dumps(told))
"""


def test_the_life_of_an_artifact(peers):
    official, ours = (last(peers.run(LIFE, is_ours, f"life-{is_ours}", f"life-{is_ours}")) for is_ours in (False, True))
    assert set(ours) == set(official)
    for what in official:
        assert (what, ours[what]) == (what, official[what])


def test_offline_artifacts_are_sent_by_the_official_sync_and_ours(peers, binary):
    code = """
    import os, wandb, numpy as np
    run = wandb.init(project="offline", mode="offline")
    artifact = wandb.Artifact("away", "dataset", metadata={"by": "hand"})
    with open("file.txt", "w") as file:
        file.write("kept")
    artifact.add_file("file.txt")
    run.log_artifact(artifact, aliases=["first"])
    run.log({"table": wandb.Table(columns=["a"], data=[[1]]), "image": wandb.Image(np.zeros((2, 2, 3), "uint8"))})
    os.unlink("file.txt")
    run.finish()
    print(run.id)
    """
    sync = """
    import subprocess, sys
    subprocess.run([*sys.argv[1:]], check=True, stdout=subprocess.DEVNULL)
    """
    seen = []
    for is_ours in (False, True):
        name = f"offline-{is_ours}"
        run_id = peers.run(code, is_ours, name).split()[-1]
        (folder,) = (peers.folder / name / "wandb").glob("offline-run-*")
        # Each client's run by the other's sync.
        if is_ours:
            peers.run(sync, False, name, str(PYTHON), "-m", "wandb", "sync", str(folder))
        else:
            peers.run(sync, True, name, str(binary), "sync", str(folder))
        (run,) = peers.read(f"{peers.user.name}/offline/{run_id}")
        seen.append(run)
    official, ours = seen
    assert [each["digest"] for each in ours["artifacts"]] == [each["digest"] for each in official["artifacts"]]
    assert [each["metadata"] for each in ours["artifacts"]] == [{"by": "hand"}, {}]
    assert ours["files"] == official["files"]
    assert len(ours["files"]) == 2


def test_models_are_logged_used_and_linked(peers):
    code = """
    import json, pathlib, wandb
    with open("weights.bin", "w") as file:
        file.write("weights")
    run = wandb.init(project="models")
    run.log_model("weights.bin", name="net", aliases=["v-one"])
    link = run.link_model("weights.bin", "Registered", name="net")
    path = run.use_model("net:latest")
    print(json.dumps([pathlib.Path(path).read_text(), link.name, link.project, link.source_name]))
    run.finish()
    """
    official, ours = (last(peers.run(code, is_ours, f"models-{is_ours}")) for is_ours in (False, True))
    assert ours == official
    assert ours[0] == "weights"


def test_code_is_an_artifact(peers):
    code = """
    import os, wandb
    os.makedirs("src/wandb", exist_ok=True)
    for name in ("a.py", "b.txt", "wandb/c.py", "requirements.txt"):
        with open(f"src/{name}", "w") as file:
            file.write(name)
    run = wandb.init(project="code")
    artifact = run.log_code("src", name="source-mine")
    second = run.log_code("src", name="source-text", include_fn=lambda path: path.endswith(".txt"))
    print("/".join([run.entity, run.project, run.id]))
    print(run.log_code("src/wandb", name="source-none", include_fn=lambda path: False) is None)
    run.finish()
    print("/".join([run.entity, run.project, run.id]))
    """
    official, ours = peers.both(code)
    assert ours["artifacts"] == official["artifacts"]
    assert sorted(ours["artifacts"][0]["entries"]) == ["a.py", "requirements.txt"]


def test_several_writers_make_one_artifact(peers):
    code = """
    import sys, wandb
    run = wandb.init(project="shared", group="writers")
    artifact = wandb.Artifact("together", "dataset")
    with artifact.new_file(f"part-{sys.argv[1]}.txt") as file:
        file.write(sys.argv[1])
    (run.finish_artifact if sys.argv[1] == "3" else run.upsert_artifact)(artifact, distributed_id="one")
    run.finish()
    """
    for part in "123":
        peers.run(code, True, f"writer-{part}", part)
    read = """
    import json, wandb
    print(json.dumps(sorted(wandb.Api().artifact(f"USER/shared/together:v0").manifest.entries)))
    """.replace("USER", peers.user.name)
    assert last(peers.run(read, False, "together")) == ["part-1.txt", "part-2.txt", "part-3.txt"]


# ---- bad servers, bad disks ----

HOSTILE = """
import json
from barograph.artifacts.names import place_in, logical, refuse_case_clashes
import os
told = []
for path in ("../x", "/etc/passwd", "a/../../x", "a\\0b", "C:/x" if os.sep == "\\\\" else "../C"):
    try:
        place_in("root", path); told.append("taken")
    except ValueError:
        told.append("refused")
os.makedirs("root", exist_ok=True)
os.symlink("/tmp", "root/link")
try:
    place_in("root", "link/x"); told.append("taken")
except ValueError:
    told.append("refused")
print(json.dumps(told))
"""


def test_names_from_a_server_do_not_leave_the_folder(peers):
    assert set(last(peers.run(HOSTILE, True, "hostile"))) == {"refused"}


def test_the_cache_is_used_but_not_trusted(peers):
    code = """
    import glob, json, os, pathlib, wandb
    run = wandb.init(project="cache")
    artifact = wandb.Artifact("cached", "dataset")
    for name in ("a", "b"):
        with artifact.new_file(name) as file:
            file.write(name * 10)
    run.log_artifact(artifact).wait()
    artifact = wandb.Api().artifact(f"{run.entity}/cache/cached:latest")
    artifact.download("first")
    kept = [path for path in glob.glob("store/artifacts/obj/md5/*/*") if os.path.isfile(path)]
    asked = []
    transport = artifact._connected()
    request = type(transport).request
    type(transport).request = lambda self, method, *rest: (asked.append(method), request(self, method, *rest))[1]
    artifact.download("second")
    told = [len(kept), asked.count("GET")]
    for path in kept:
        pathlib.Path(path).write_text("x" * 10)
    artifact.download("third")
    told += [asked.count("GET"), pathlib.Path("third/a").read_text(), pathlib.Path("third/b").read_text()]
    print(json.dumps(told))
    run.finish()
    """
    told = last(peers.run(code, True, "cache", BAROGRAPH_CACHE_DIR="store"))
    assert told == [2, 0, 2, "a" * 10, "b" * 10]


def test_a_file_with_the_wrong_bytes_is_not_kept(peers):
    code = """
    import json, os, wandb
    run = wandb.init(project="wrong")
    artifact = wandb.Artifact("wrong", "dataset")
    for name in ("a", "b"):
        with artifact.new_file(name) as file:
            file.write(name)
    run.log_artifact(artifact).wait()
    artifact = wandb.Api().artifact(f"{run.entity}/wrong/wrong:latest")
    entries = artifact.manifest.entries
    entries["a"].digest, entries["b"].digest = entries["b"].digest, entries["a"].digest
    try:
        artifact.download("there")
    except ValueError as error:
        print(json.dumps([str(error).split(" came")[0], sorted(os.listdir("there"))]))
    run.finish()
    """
    said, files = last(peers.run(code, True, "wrong"))
    assert said in ("'a'", "'b'")
    assert files == []


def test_a_full_folder_of_data_says_what_to_do(peers):
    code = """
    import wandb
    with open("x.txt", "w") as file:
        file.write("x")
    try:
        wandb.Artifact("a", "t").add_file("x.txt")
    except PermissionError as error:
        print(error)
    """
    (peers.folder / "blocked").mkdir()
    (peers.folder / "blocked" / "file").write_text("no folder")
    assert "BAROGRAPH_DATA_DIR" in peers.run(code, True, "blocked", BAROGRAPH_DATA_DIR="file/inside")
    shutil.rmtree(peers.folder / "blocked")
