"""bench_artifacts.py - artifacts through the unmodified official client: many files, one large file, lineage, digests seen before.

    build/venv/bin/python bench/bench_artifacts.py BINARY OFFICIAL_PYTHON [FILES] [GIBIBYTES]

OFFICIAL_PYTHON has the PyPI package wandb. FILES is 100,000 and GIBIBYTES 4.7 (5 GB) unless told; from 2 GiB on the client
uploads in parts.
"""

from __future__ import annotations

import base64
import filecmp
import hashlib
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support.server import Server  # noqa: E402

LINEAGE_COUNT = 1000
NAMES_TOLD = 20
TICKS = os.sysconf("SC_CLK_TCK")

LOG = """
import os, time, wandb
begin = time.perf_counter()
run = wandb.init(project="bench", settings=wandb.Settings(console="off", save_code=False, x_disable_stats=True))
began_to_log = time.perf_counter()
artifact = wandb.Artifact(os.environ["NAME"], type="dataset")
artifact.add_dir(os.environ["FILES"], name=os.environ["PREFIX"] or None, policy="immutable", skip_cache=True)
if os.environ["PART"] == "":
    run.log_artifact(artifact).wait()
elif os.environ["PART"] == "last":
    run.finish_artifact(artifact, distributed_id="bench").wait()
else:
    run.upsert_artifact(artifact, distributed_id="bench")
logged = time.perf_counter() - began_to_log
run.finish()
print(logged, time.perf_counter() - begin)
"""
# Past the client's cache only where there is one file: with several it mixes them up (docs/clients.md, section 7).
DOWNLOAD = """
import os, time, wandb
begin = time.perf_counter()
artifact = wandb.Api().artifact(f"admin/bench/{os.environ['NAME']}:latest")
artifact.download(os.environ["OUT"], skip_cache=len(artifact.manifest.entries) == 1)
print(time.perf_counter() - begin)
"""
MAKE = """mutation($input: CreateArtifactInput!) { createArtifact(input: $input) { artifact { id } } }"""
MANIFEST = """mutation($input: CreateArtifactManifestInput!) { createArtifactManifest(input: $input) { artifactManifest { file { uploadUrl } } } }"""
COMMIT = "mutation($id: ID!) { commitArtifact(input: {artifactID: $id}) { artifact { state } } }"
USE = 'mutation($id: ID!) { useArtifact(input: {artifactID: $id, entityName: "admin", projectName: "graph", runName: "reader"}) { artifact { id } } }'
# What a page that draws the graph asks for: each version with the run that made it and those that used it.
LINEAGE = """{ project(name: "graph", entityName: "admin") { run(name: "writer") { outputArtifacts(first: 1000) { edges { node {
    id versionIndex digest artifactSequence { name } createdBy { ... on Run { name } } usedBy { edges { node { name } } } } } } } } }"""


# The official client keeps each file open that it has uploaded. Where the system allows no more open files than a version
# has, several clients write it together, one after the other, under one distributed id.
SPARE_FILES = 4000


def files_of_a_client() -> int:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard - SPARE_FILES


class Watch(threading.Thread):
    """The highest resident memory of a process."""

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.path, self.is_over = Path(f"/proc/{pid}/statm"), False
        self.before = self.highest = self.read()

    def read(self) -> int:
        return int(self.path.read_text().split()[1]) * 4096

    def run(self) -> None:
        while not self.is_over and self.path.exists():
            self.highest = max(self.highest, self.read())
            time.sleep(0.05)


class Bench:
    def __init__(self, server: Server, python: str, folder: Path):
        self.server, self.python, self.folder = server, python, folder
        self.logged_s = 0.0  # of what clients took to log, without beginning and ending a run

    def cpu(self) -> float:
        """Of the server so far, in seconds."""
        fields = Path(f"/proc/{self.server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def metrics(self) -> str:
        return self.server.request("GET", "/metrics").text

    def in_requests(self) -> float:
        """Seconds in requests so far, added up over those that ran side by side."""
        sums = re.findall(r"^barograph_http_request_duration_seconds_sum\S+ (\S+)", self.metrics(), re.M)
        return sum(map(float, sums))

    def puts(self) -> int:
        """Uploads of artifacts' files so far."""
        counted = r'^barograph_http_requests_total\{method="PUT",route="/signed/artifacts/[^"]*",status="2xx"\} (\d+)'
        return sum(map(int, re.findall(counted, self.metrics(), re.M)))

    def client(self, code: str, name: str, files: Path, part: str = "", prefix: str = "") -> float:
        env = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "NAME": name, "FILES": str(files), "OUT": str(files), "PART": part, "PREFIX": prefix,
            "WANDB_BASE_URL": self.server.base_url, "WANDB_API_KEY": self.server.admin_key, "WANDB_SILENT": "true",
            "WANDB_DIR": str(self.folder), "WANDB_CACHE_DIR": str(self.folder / "cache"), "WANDB_DATA_DIR": str(self.folder / "staging"),
        }  # fmt: skip
        done = subprocess.run([self.python, "-c", code], env=env, cwd=self.folder, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(done.stderr)
        if code == LOG:
            self.logged_s += float(done.stdout.split()[-2])
        return float(done.stdout.split()[-1])

    def measure(self, what: str, client) -> None:
        """Runs a client, or several, and prints how long it took, and what of it was the server's."""
        cpu, in_requests, ours = self.cpu(), self.in_requests(), client_cpu()
        watch = Watch(self.server.process.pid)
        watch.start()
        seconds = client()
        watch.is_over = True
        cpu, in_requests, ours = self.cpu() - cpu, self.in_requests() - in_requests, client_cpu() - ours
        print(
            f"{what}: {seconds:.1f} s; processor: server {cpu:.1f} s, client {ours:.1f} s: the server's share of the processor"
            f" {100 * cpu / (cpu + ours):.0f}%, of the clock {100 * cpu / seconds:.0f}%; {in_requests:.1f} s in requests side by side;"
            f" resident {watch.before / 2**20:.0f} MiB before, {watch.highest / 2**20:.0f} MiB at most; load {os.getloadavg()[0]:.0f}",
            flush=True,
        )

    def log_many(self, folders: list[Path], parts: int) -> float:
        """One version of all these folders, by one client or by several; those of a part lie in a folder of its own."""
        seconds = 0.0
        for number, folder in enumerate(folders):
            part = "" if parts == 1 else "last" if number == parts - 1 else "more"
            seconds += self.client(LOG, "many", folder, part, f"p{number}")
        return seconds

    def many_files(self, count: int) -> None:
        folders = make_many(self.folder / "many", count)
        parts = len(folders)
        self.measure(f"log {count:,} files, by {parts} client{'s' * (parts > 1)}", lambda: self.log_many(folders, parts))
        out = self.folder / "many-back"
        self.measure(f"download {count:,} files", lambda: self.client(DOWNLOAD, "many", out))
        check_same(self.folder / "many", out)

    def disk(self, gibibytes: float) -> None:
        """What the disk does by itself, so that the figures beside it say something."""
        path, block = self.folder / "disk.bin", os.urandom(1 << 22)
        count = int(gibibytes * 2**30) >> 22
        begin = time.perf_counter()
        with open(path, "wb") as file:
            for _ in range(count):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        written = time.perf_counter() - begin
        with open(path, "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        begin = time.perf_counter()
        with open(path, "rb", buffering=0) as file:
            while file.read(1 << 22):
                pass
        read = time.perf_counter() - begin
        path.unlink()
        print(f"the disk itself, {count << 2} MiB: written and synced {(count << 2) / written:.0f} MiB/s, read {(count << 2) / read:.0f} MiB/s", flush=True)

    def make_large_file(self, gibibytes: float) -> None:
        """Sparse, and no two parts of it alike."""
        files = self.folder / "large"
        files.mkdir()
        with open(files / "large.bin", "wb") as file:
            for offset in range(0, int(gibibytes * 2**30), 1 << 24):
                file.seek(offset)
                file.write(f"at {offset}".encode())
            file.truncate(int(gibibytes * 2**30))

    def fetch_large_file(self, gibibytes: float) -> None:
        back = self.folder / "large-back"
        self.measure(f"download one file of {gibibytes} GiB", lambda: self.client(DOWNLOAD, "large", back))
        check_same(self.folder / "large", back)

    def large_file(self, gibibytes: float) -> None:
        self.make_large_file(gibibytes)
        self.measure(f"log one file of {gibibytes} GiB", lambda: self.client(LOG, "large", self.folder / "large"))
        self.fetch_large_file(gibibytes)

    def seen_before(self) -> None:
        """The same hundred files again, under another name."""
        files = self.folder / "seen"
        files.mkdir()
        for i in range(100):
            (files / f"{i}.txt").write_text(f"seen {i}")
        for what, name in (("100 files", "first"), ("the same as another artifact", "second")):
            before = self.puts()
            self.client(LOG, name, files)
            print(f"{what}: {self.puts() - before} files uploaded", flush=True)

    def lineage(self) -> None:
        server = self.server
        for name in ("writer", "reader"):
            server.graphql(f'mutation {{ upsertBucket(input: {{name: "{name}", modelName: "graph", entityName: "admin"}}) {{ inserted }} }}')
        for i in range(LINEAGE_COUNT):
            self.make_version(i)
        best = min(timed(lambda: server.request("POST", "/graphql", json={"query": LINEAGE})) for _ in range(10))
        runs = server.graphql(LINEAGE)["project"]["run"]["outputArtifacts"]["edges"]
        assert len(runs) == LINEAGE_COUNT and runs[0]["node"]["usedBy"]["edges"][0]["node"]["name"] == "reader"
        print(f"lineage of {LINEAGE_COUNT:,} artifacts in one question: {best * 1000:.1f} ms, the best of ten", flush=True)

    def make_version(self, i: int) -> None:
        digest = base64.b64encode(hashlib.md5(str(i).encode()).digest()).decode()
        given = {"entityName": "admin", "projectName": "graph", "runName": "writer", "artifactTypeName": "dataset",
                 "artifactCollectionName": f"c{i % 50}", "digest": digest}  # fmt: skip
        artifact = self.server.graphql(MAKE, {"input": given})["createArtifact"]["artifact"]["id"]
        manifest = json.dumps({"version": 1, "storagePolicy": "wandb-storage-policy-v1", "storagePolicyConfig": {"storageLayout": "V2"},
                               "contents": {"a": {"digest": digest, "ref": f"s3://bucket/{i}", "size": 1}}}).encode()  # fmt: skip
        given = {"artifactID": artifact, "name": "wandb_manifest.json", "digest": "x", "entityName": "admin", "projectName": "graph"}
        url = self.server.graphql(MANIFEST, {"input": given})["createArtifactManifest"]["artifactManifest"]["file"]["uploadUrl"]
        self.server.request("PUT", url, key=None, data=manifest).raise_for_status()
        self.server.graphql(COMMIT, {"id": artifact})
        self.server.graphql(USE, {"id": artifact})


def make_many(folder: Path, count: int) -> list[Path]:
    """So many small files; those of each client that is needed for them in a folder of its own."""
    parts = -(-count // files_of_a_client())
    folders = [folder / f"p{number}" for number in range(parts)]
    for i in range(count):
        path = folders[i * parts // count] / f"d{i // 1000}"
        path.mkdir(parents=True, exist_ok=True)
        (path / f"f{i}.txt").write_text(f"file {i}\n" * 20)
    return folders


def check_same(sent: Path, back: Path) -> None:
    """Ends the bench with the names of what is missing or other than it was: a client can lose files without a word."""
    there, here = (files_in(folder) for folder in (sent, back))
    other = {name for name in there & here if not filecmp.cmp(sent / name, back / name, shallow=False)}
    found = {"missing": there - here, "never sent": here - there, "with other content": other}
    told = [f"{len(names):,} {what}: {' '.join(sorted(names)[:NAMES_TOLD])}" for what, names in found.items() if names]
    if told:
        sys.exit(f"{back.name}, {len(there):,} files sent: " + "; ".join(told))


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def client_cpu() -> float:
    """Of all clients that ended, in seconds."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def timed(function) -> float:
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def main() -> None:
    binary, python = sys.argv[1], str(Path(sys.argv[2]).absolute())
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 100_000
    gibibytes = float(sys.argv[4]) if len(sys.argv) > 4 else 4.7
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(binary), Path(folder) / "data").start()
        bench = Bench(server, python, Path(folder))
        try:
            bench.seen_before()
            bench.lineage()
            bench.many_files(count)
            bench.disk(min(gibibytes, 2))
            bench.large_file(gibibytes)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
