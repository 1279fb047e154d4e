"""bench_public_api.py - reading back: our package and the official one side by side, both against our server.

    python bench_public_api.py BUILD_FOLDER OFFICIAL_PYTHON [SCALE]

The Python that runs it needs pandas. BUILD_FOLDER holds a build with the extension; OFFICIAL_PYTHON has the PyPI package
wandb and pandas. SCALE 1 (the default) is 1,000,000 steps, 200 and 10,000 runs, 10,000 files
and a table of 100,000 rows; 0.1 a tenth of each.
"""

from __future__ import annotations

import base64
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
BATCH = 10000
METRICS = 8

PREAMBLE = """
import os, time
from {module}.apis.public import Api
api = Api({{"base_url": os.environ["WANDB_BASE_URL"], "entity": "admin"}}, timeout=600)
"""

# Each prints seconds.
TASKS = {
    "scan_history, {steps:,} steps x 8, as rows": """
run = api.run("admin/scan/long")
begin = time.perf_counter()
assert sum(1 for _ in run.scan_history()) == {steps}
print(time.perf_counter() - begin)
""",
    "scan_history, {steps:,} steps x 8, as a DataFrame": """
import pandas
run = api.run("admin/scan/long")
begin = time.perf_counter()
frame = {frame}
assert frame.shape == ({steps}, 9), frame.shape
print(time.perf_counter() - begin)
""",
    "histories of {histories} runs, 500 samples, as a DataFrame": """
import pandas
begin = time.perf_counter()
frame = api.runs("admin/histories").histories(samples=500, keys=["m0", "m1"], format="pandas")
assert frame["run_id"].nunique() == {histories}
print(time.perf_counter() - begin)
""",
    "{runs:,} runs with config and summary": """
begin = time.perf_counter()
assert sum(run.config["lr"] + run.summary["loss"] > 0 for run in api.runs("admin/many")) == {runs}
print(time.perf_counter() - begin)
""",
    "a logged table of {cells:,} rows x 8, as a DataFrame": """
import pandas
begin = time.perf_counter()
frame = api.artifact("admin/tables/run-table-rows:latest").get("rows").get_dataframe()
assert frame.shape == ({cells}, 8), frame.shape
print(time.perf_counter() - begin)
""",
    "download of an artifact of {files:,} files": """
import tempfile
artifact = api.artifact("admin/files/many:latest")
with tempfile.TemporaryDirectory() as folder:
    begin = time.perf_counter()
    artifact.download(folder, skip_cache=True)
    print(time.perf_counter() - begin)
""",
}
OURS, OFFICIAL = "run.history_arrow().to_pandas()", "pandas.DataFrame.from_records(list(run.scan_history()))"


class World:
    """A server with what is read."""

    def __init__(self, build: Path, folder: Path, scale: float) -> None:
        self.folder = folder
        self.size = {
            "steps": int(1_000_000 * scale),
            "histories": int(200 * scale),
            "runs": int(10_000 * scale),
            "files": int(10_000 * scale),
            "cells": int(100_000 * scale),
        }
        log = open(folder / "server.log", "w")
        command = [build / "cli" / "barograph", "server", "--data", folder / "data", "--listen", "127.0.0.1:0"]
        self.server = subprocess.Popen(command, stdout=log, stderr=log)
        self.url = ""
        while not self.url:
            time.sleep(0.05)
            found = re.search(r"listening on (\S+)", (folder / "server.log").read_text())
            self.url = found.group(1) if found else ""
        self.key = (folder / "data" / "admin.key").read_text().strip()

    def post(self, path: str, body: dict) -> dict:
        token = base64.b64encode(f"api:{self.key}".encode()).decode()
        headers = {"Content-Type": "application/json", "Authorization": f"Basic {token}"}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def make_run(self, project: str, run: str, config: dict | None = None, summary: dict | None = None) -> None:
        document = """mutation ($p: String, $r: String, $c: JSONString, $s: JSONString) {
          upsertBucket(input: {modelName: $p, entityName: "admin", name: $r, config: $c, summaryMetrics: $s}) { inserted } }"""
        values = {"p": project, "r": run, "c": json.dumps({key: {"value": value} for key, value in (config or {}).items()})}
        self.post("/graphql", {"query": document, "variables": {**values, "s": json.dumps(summary or {})}})

    def log(self, project: str, run: str, steps: int) -> None:
        self.make_run(project, run)
        value = random.Random(run).random
        for first in range(0, steps, BATCH):
            rows = [
                json.dumps({"_step": step, **{f"m{k}": value() for k in range(METRICS)}})
                for step in range(first, min(first + BATCH, steps))
            ]
            self.stream(project, run, {"files": {"wandb-history.jsonl": {"offset": first, "content": rows}}})
        self.stream(project, run, {"complete": True, "exitcode": 0})

    def stream(self, project: str, run: str, body: dict) -> None:
        self.post(f"/files/admin/{project}/{run}/file_stream", body)

    def fill(self, official: str) -> None:
        self.log("scan", "long", self.size["steps"])
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda i: self.log("histories", f"h{i}", 1000), range(self.size["histories"])))
            list(pool.map(self.make_small_run, range(self.size["runs"])))
        files = self.folder / "files"
        files.mkdir()
        for i in range(self.size["files"]):
            (files / f"f{i}.txt").write_text(f"file {i}\n" * 20)
        self.script(official, LOG_ARTIFACT, "wandb")
        self.script(official, LOG_TABLE, "wandb")

    def make_small_run(self, i: int) -> None:
        config = {"lr": 0.1 + i, "batch": 32, "name": f"run {i}", **{f"c{k}": k * 1.5 for k in range(20)}}
        self.make_run("many", f"r{i}", config, {"loss": 1.0 + i, **{f"s{k}": k / 3 for k in range(20)}})

    def script(self, python: str, code: str, module: str, package: str = "") -> str:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PYTHONPATH": package,
            "WANDB_BASE_URL": self.url,
            "WANDB_API_KEY": self.key,
            "WANDB_SILENT": "true",
            "FILES": str(self.folder / "files"),
        }
        frame = OURS if module == "barograph" else OFFICIAL
        done = subprocess.run(
            [python, "-c", code.format(module=module, frame=frame, **self.size)],
            env=env,
            cwd=self.folder,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise SystemExit(done.stderr)
        return done.stdout


LOG_ARTIFACT = """
import os, {module} as wandb
run = wandb.init(project="files")
artifact = wandb.Artifact("many", "dataset")
artifact.add_dir(os.environ["FILES"])
run.log_artifact(artifact).wait()
run.finish()
"""


LOG_TABLE = """
import random, {module} as wandb
run = wandb.init(project="tables", id="table")
columns = [f"m{{k}}" for k in range(8)]
run.log({{"rows": wandb.Table(columns=columns, data=[[random.random() for _ in columns] for _ in range({cells})])}})
run.finish()
"""


def package_of(build: Path, folder: Path) -> str:
    """A folder with the package and the extension of the build."""
    target = folder / "package" / "barograph"
    target.mkdir(parents=True)
    for source in (REPOSITORY / "python" / "barograph").iterdir():
        if source.name != "__pycache__":
            (target / source.name).symlink_to(source)
    (target / "_core.abi3.so").write_bytes((build / "python" / "_core.abi3.so").read_bytes())
    return str(target.parent)


def main(build: Path, official: str, scale: float) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        world = World(build, folder, scale)
        try:
            world.fill(official)
            package = package_of(build, folder)
            print(f"{'':56} {'official':>10} {'ours':>10} {'ratio':>8}")
            for title, task in TASKS.items():
                code = PREAMBLE + task
                # Ours twice, because the first also measures a cold cache of the server's; the official one is slow.
                ours = min(float(world.script(sys.executable, code, "barograph", package)) for _ in range(2))
                theirs = float(world.script(official, code, "wandb"))
                print(f"{title.format(**world.size):56} {theirs:9.3f}s {ours:9.3f}s {theirs / ours:7.1f}x", flush=True)
        finally:
            world.server.terminate()
            world.server.wait()


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]).resolve(), os.path.abspath(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) == 4 else 1.0)
