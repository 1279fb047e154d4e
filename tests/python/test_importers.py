"""Histories of MLflow and TensorBoard, made by these themselves, read into a server."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import subprocess
import time
from datetime import datetime
from pathlib import Path

import pytest

from tests.python.support import config_of, files_of, read_run, rows_of, summary_of
from tests.python.test_export import Command

PYTHON = Path(__file__).parent.parent.parent / "build" / "venvs" / "wandb-importers" / "bin" / "python"

MLFLOW = """
import mlflow, sys
mlflow.set_tracking_uri("file:" + sys.argv[1])
mlflow.set_experiment("first experiment")
for name in ("good", "bad"):
    with mlflow.start_run(run_name=name) as run:
        mlflow.log_params({"lr": 0.01, "layers": 3, "name": "x y"})
        mlflow.set_tag("team", "ours")
        for step in range(50):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
            if step % 10 == 0:
                mlflow.log_metric("val/acc", step / 50, step=step)
        mlflow.log_metric("loss", 9.0, step=49)
        mlflow.log_text("hello", "notes/hello.txt")
        print(run.info.run_id)
        if name == "bad":
            mlflow.end_run("FAILED")
"""

# The same, in a database.
MLFLOW_DATABASE = MLFLOW.replace('"file:" + sys.argv[1]', '"sqlite:///" + sys.argv[1]')

TENSORBOARD = """
import sys, numpy
from tensorboardX import SummaryWriter
for name in ("train", "val"):
    writer = SummaryWriter(sys.argv[1] + "/" + name)
    for step in range(100):
        writer.add_scalar("loss", 1 / (step + 1), step)
    writer.add_scalar("odd", float("nan"), 7)
    writer.add_text("note", "some *text*", 3)
    writer.add_histogram("weights", numpy.arange(100.0), 5)
    writer.close()
"""


# What TensorBoard's pages show beside numbers, as old writers and as TensorFlow 2 write it.
TENSORBOARD_MEDIA = """
import base64, json, sys
from tensorboardX import SummaryWriter
from tensorboardX.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboardX.proto.tensor_pb2 import TensorProto
made = json.loads(sys.argv[2])
png, gif, wav = (base64.b64decode(made[kind]) for kind in ("png", "gif", "wav"))
writer = SummaryWriter(sys.argv[1] + "/seen")
def put(step, tag, plugin=None, texts=None, **value):
    if plugin:
        value["metadata"] = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name=plugin))
        value["tensor"] = TensorProto(dtype="DT_STRING", string_val=texts)
    writer.file_writer.add_summary(Summary(value=[Summary.Value(tag=tag, **value)]), step)
put(1, "picture", image=Summary.Image(height=2, width=3, colorspace=3, encoded_image_string=png))
put(1, "a/pair", "images", [b"3", b"2", png, png[:-1] + b"x"])
put(2, "moving", image=Summary.Image(height=1, width=1, encoded_image_string=gif))
put(2, "sound", audio=Summary.Audio(sample_rate=8000, encoded_audio_string=wav, content_type="audio/wav"))
put(3, "sounds", "audio", [wav, b"a label", wav + b"x", b""])
put(3, "words", "text", [b"one", "zwei \u00e9".encode()])
put(4, "nothing", image=Summary.Image(height=1, width=1, encoded_image_string=b"no picture"))
put(4, "mesh", "mesh", [])
writer.close()
writer = SummaryWriter(sys.argv[1] + "/tried")
writer.add_hparams({"lr": 0.25, "layers": 3, "name": "x y", "fast": True}, {"accuracy": 0.5}, name="first")
writer.close()
"""
PNG, GIF, WAV = b"\x89PNG\r\n\x1a\nsome pixels", b"GIF89a, moving", b"RIFF, and samples"


TIMES = """query Times($entity: String!, $run: String!) { project(name: "from-mlflow", entityName: $entity) { run(name: $run) {
    createdAt heartbeatAt stoppedAt } } }"""


def make(code: str, folder: Path, *arguments: str) -> list[str]:
    if not PYTHON.exists():
        pytest.skip("the environment with MLflow and tensorboardX is not made: tests/official/setup.sh")
    env = {"PATH": "/usr/bin:/bin", "HOME": str(folder.parent), "MLFLOW_ALLOW_FILE_STORE": "true"}
    done = subprocess.run([PYTHON, "-c", code, folder, *arguments], env=env, cwd=folder.parent, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.fixture
def command(package, user, tmp_path) -> Command:
    made = Command(package, user.server, tmp_path)
    made.env["BAROGRAPH_API_KEY"] = user.key
    return made


@pytest.mark.parametrize("code, source", [(MLFLOW, "mlruns"), (MLFLOW_DATABASE, "mlflow.db")])
def test_import_mlflow__reads_a_store(command, user, tmp_path, code, source):
    good, bad = make(code, tmp_path / source)
    made_s = time.time()
    for _ in range(2):
        done = command("import", "mlflow", tmp_path / source, "--project", "from-mlflow")
        assert done.returncode == 0, done.stderr
    assert "2 runs, 0 rows, 0 files" in done.stdout and "not carried" not in done.stdout
    run = read_run(user, "from-mlflow", good)
    times = user.graphql(TIMES, {"entity": user.name, "run": good})["project"]["run"]
    assert times["createdAt"] <= times["stoppedAt"] == times["heartbeatAt"]
    assert datetime.fromisoformat(times["stoppedAt"].replace("Z", "+00:00")).timestamp() < made_s  # not when it was imported
    assert (run["displayName"], run["state"], run["group"]) == ("good", "finished", "first experiment")
    assert read_run(user, "from-mlflow", bad)["state"] == "failed"
    assert config_of(run) == {"lr": 0.01, "layers": 3, "name": "x y", "mlflow_tags": {"team": "ours"}}
    rows = rows_of(run)
    assert [row["loss"] for row in rows] == [1 / (step + 1) for step in range(50)] + [9.0]
    assert [(row["_step"], row["val/acc"]) for row in rows if "val/acc" in row] == [(step, step / 50) for step in range(0, 50, 10)]
    assert all(row["_timestamp"] > 1.6e9 for row in rows)
    assert summary_of(run) == {"loss": 9.0, "val/acc": 0.8}
    address = files_of(run)["artifacts/notes/hello.txt"]
    assert user.server.request("GET", address, key=None).content == b"hello"


def test_import_tensorboard__reads_event_files(command, user, tmp_path):
    make(TENSORBOARD, tmp_path / "logs")
    done = command("import", "tensorboard", tmp_path / "logs")
    assert done.returncode == 0, done.stderr
    assert "2 runs" in done.stdout
    assert "not carried" not in done.stdout
    run = read_run(user, "logs", "train")
    rows = rows_of(run)
    (weights,) = [row["weights"] for row in rows if "weights" in row]
    assert weights["_type"] == "histogram" and sum(weights["values"]) == 100 and len(weights["bins"]) == len(weights["values"]) + 1
    losses = [row["loss"] for row in rows if "loss" in row]
    assert losses == pytest.approx([1 / (step + 1) for step in range(100)], rel=1e-6)
    assert [row["_step"] for row in rows if "note" in row] == [3]
    assert run["state"] == "finished"
    again = command("import", "tensorboard", tmp_path / "logs")
    assert "2 runs, 0 rows" in again.stdout


def test_import_tensorboard__brings_images_and_sounds_as_files(command, user, tmp_path):
    def file(kind: str, key: str, content: bytes, ending: str) -> dict:
        digest = hashlib.sha256(content).hexdigest()
        path = f"media/{kind}/{key}_{digest[:20]}.{ending}"
        wanted[path] = content
        return {"sha256": digest, "size": len(content), "path": path}

    wanted: dict[str, bytes] = {}
    made = {"png": PNG, "gif": GIF, "wav": WAV}
    make(TENSORBOARD_MEDIA, tmp_path / "media", json.dumps({kind: base64.b64encode(content).decode() for kind, content in made.items()}))
    done = command("import", "tensorboard", tmp_path / "media")
    assert done.returncode == 0, done.stderr
    assert "not carried: seen: 1 values of 'nothing' are of a kind that is not known" in done.stdout
    assert "not carried: seen: 1 values of 'mesh'" in done.stdout and done.stdout.count("not carried") == 2
    run = read_run(user, "media", "seen")
    found = {key: value for row in rows_of(run) for key, value in row.items() if not key.startswith("_")}
    picture, first, second = (
        file("images", "picture_1", PNG, "png")["path"], file("images", "a/pair_1", PNG, "png")["path"],
        file("images", "a/pair_1", PNG[:-1] + b"x", "png")["path"],
    )  # fmt: skip
    size = {"_type": "images/separated", "width": 3, "height": 2, "format": "png"}
    assert found == {
        "picture": {**size, "count": 1, "filenames": [picture]},
        "a/pair": {**size, "count": 2, "filenames": [first, second]},
        "moving": {"_type": "videos", "count": 1, "videos": [{"_type": "video-file", **file("videos", "moving_2", GIF, "gif")}], "captions": False},
        "sound": {"_type": "audio", "count": 1, "audio": [{"_type": "audio-file", **file("audio", "sound_2", WAV, "wav")}]},
        "sounds": {"_type": "audio", "count": 2, "audio": [{"_type": "audio-file", **file("audio", "sounds_3", content, "wav")} for content in (WAV, WAV + b"x")]},
        "words": ["one", "zwei é"],
    }  # fmt: skip
    addresses = files_of(run)
    assert {name: user.server.request("GET", addresses[name], key=None).content for name in wanted} == wanted
    tried = next(folder.name for folder in (tmp_path / "media" / "tried").iterdir() if folder.is_dir())
    assert config_of(read_run(user, "media", f"tried-{tried}")) == {"lr": 0.25, "layers": 3, "name": "x y", "fast": True}
    again = command("import", "tensorboard", tmp_path / "media")
    assert "0 rows, 0 files" in again.stdout


def test_import_tensorboard__reads_up_to_where_a_file_is_cut_off(command, user, tmp_path):
    make(TENSORBOARD, tmp_path / "cut")
    path = next((tmp_path / "cut" / "val").glob("*tfevents*"))
    path.write_bytes(path.read_bytes()[:1500])
    done = command("import", "tensorboard", tmp_path / "cut")
    assert done.returncode == 0, done.stderr
    assert "ends in the middle of a record" in done.stdout
    losses = [row for row in rows_of(read_run(user, "cut", "val")) if "loss" in row]
    assert 0 < len(losses) < 100


def test_event_files__damaged_anywhere_are_read_or_told(package, tmp_path, monkeypatch):
    """Bytes changed, cut out and doubled: what is good before them is read, and nothing is raised but our own words."""
    monkeypatch.syspath_prepend(package)
    from barograph.errors import Error
    from barograph.importers import tensorboard

    make(TENSORBOARD, tmp_path / "logs")
    path = next((tmp_path / "logs" / "val").glob("*tfevents*"))
    content, random_bytes = path.read_bytes(), random.Random(1)
    for number in range(400):
        at, length = random_bytes.randrange(len(content)), random_bytes.randrange(1, 40)
        path.write_bytes([
            content[:at], content[:at] + random_bytes.randbytes(length) + content[at + length :], content[:at] + content[at + length :],
            content[: at + length] + content[at:],
        ][number % 4])  # fmt: skip
        try:
            runs = list(tensorboard.read_folder(tmp_path / "logs").runs())
        except Error:
            continue
        assert len(list(runs[0].rows())) >= 100, "the other file is whole"


def test_import__of_nothing_is_told(command, tmp_path):
    (tmp_path / "other.db").write_bytes(b"no database" * 100)
    for kind, source, why in (("mlflow", "", "is neither"), ("mlflow", "other.db", "is no database of MLflow's"), ("tensorboard", "", "has no")):
        done = command("import", kind, tmp_path / source)
        assert done.returncode == 1 and why in done.stderr and "Traceback" not in done.stderr
    assert json.dumps(command("import").returncode) == "2"
