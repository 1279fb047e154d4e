"""world.py - what the tests read: runs, histories, files, made over the documented endpoints."""

from __future__ import annotations

import json
import math

import requests

UPSERT = """mutation ($input: UpsertBucketInput!) { upsertBucket(input: $input) { bucket { id } } }"""
SWEEP = """mutation ($input: UpsertSweepInput!) { upsertSweep(input: $input) { sweep { name } } }"""
VIEW = """mutation ($input: UpsertViewInput!) { upsertView(input: $input) { view { id } } }"""
FILES = """mutation ($input: CreateRunFilesInput!) { createRunFiles(input: $input) { uploadHeaders files { uploadUrl } } }"""

HISTORY = [
    {
        "_step": step,
        "_timestamp": 1.7e9 + step,
        "_runtime": step * 0.5,
        "loss": 1 / (step + 1),
        "epoch": step // 10,
        "is_best": step % 7 == 0,
        "phase": "warm" if step < 20 else "train",
        "nested": {"a": step, "deep": {"b": step / 4}},
        **({"rare": step * 2} if step % 10 == 3 else {}),
        **({"image": {"_type": "image-file", "path": f"media/{step}.png", "size": step}} if step == 5 else {}),
        **({"values": [1, {"x": 2}]} if step == 6 else {}),
    }
    for step in range(60)
]


class World:
    """An account with projects. `fill` may be called once."""

    project = "everything"

    def __init__(self, server, entity: str):
        self.server, self.entity = server, entity
        self.key = server.add_user(entity)
        self.org = f"{entity}-org"
        done = server.run_cli("org", "add", self.org, "--admin", entity)
        assert done.returncode == 0, done.stderr

    def make_sweep(self) -> str:
        config = "method: grid\nname: the search\nmetric: {name: loss, goal: minimize}\nparameters: {lr: {values: [0.1, 0.3, 0.5]}}\n"
        values = {"config": config, "projectName": self.project, "entityName": self.entity}
        return self.server.graphql(SWEEP, {"input": values}, key=self.key)["upsertSweep"]["sweep"]["name"]

    def make_report(self, title: str, name: str) -> None:
        query = {"op": "OR", "filters": [{"op": "AND", "filters": [{"key": {"section": "run", "name": "group"}, "op": "=", "value": "group-b"}]}]}
        sort = {"key": {"section": "run", "name": "createdAt"}, "ascending": True}
        run_set = {"filters": query, "sort": sort, "selections": {"root": 1, "bounds": [], "tree": []}}
        spec = {"panelGroups": [{"name": "section", "runSets": [run_set], "openRunSet": 0}], "version": 1}
        values = {"type": "runs", "name": name, "displayName": title, "description": f"about {title}", "spec": json.dumps(spec)}
        place = {"entityName": self.entity, "projectName": self.project}
        self.server.graphql(VIEW, {"input": {**values, **place}}, key=self.key)

    def upsert(self, run: str, project: str | None = None, **values) -> None:
        for name in ("config", "summaryMetrics"):
            if name in values:
                values[name] = json.dumps(values[name])
        place = {"entityName": self.entity, "modelName": project or self.project, "name": run}
        self.server.graphql(UPSERT, {"input": {**place, **values}}, key=self.key)

    def stream(self, run: str, project: str | None = None, **body) -> None:
        answer = self.server.file_stream(self.entity, project or self.project, run, body, key=self.key)
        assert answer.status_code == 200, answer.text

    def log(self, run: str, rows: list[dict], project: str | None = None, file: str = "wandb-history.jsonl") -> None:
        content = [json.dumps(row) for row in rows]
        self.stream(run, project, files={file: {"offset": 0, "content": content}})

    def upload(self, run: str, name: str, content: bytes) -> None:
        place = {"entityName": self.entity, "projectName": self.project, "runName": run, "files": [name]}
        made = self.server.graphql(FILES, {"input": place}, key=self.key)["createRunFiles"]
        headers = dict(line.split(":", 1) for line in made["uploadHeaders"])
        requests.put(made["files"][0]["uploadUrl"], content, headers=headers, timeout=30).raise_for_status()

    def fill(self) -> World:
        config = {"lr": {"value": 0.1, "desc": None}, "model": {"value": {"depth": 3, "kind": "tiny"}}}
        self.upsert(
            "full",
            config={**config, "_wandb": {"value": {"cli_version": "0.31.0"}}},
            displayName="a full run",
            notes="what it is for",
            tags=["one", "two"],
            groupName="group-a",
            jobType="train",
            commit="0123abcd",
        )
        self.log("full", HISTORY)
        events = [{"_timestamp": 1.7e9 + i, "_runtime": float(i), "system.cpu": 10.0 + i} for i in range(5)]
        self.log("full", events, file="wandb-events.jsonl")
        summary = {"loss": 0.5, "best": {"loss": 0.25, "epoch": 3}, "name": "x", "_step": 59}
        self.stream("full", files={"wandb-summary.json": {"offset": 0, "content": [json.dumps(summary)]}})
        self.upload("full", "wandb-metadata.json", json.dumps({"program": "train.py", "python": "3.11"}).encode())
        self.upload("full", "notes/readme.txt", b"read me\n")
        self.stream("full", complete=True, exitcode=0)
        self.sweep = self.make_sweep()
        self.make_report("The first: a report", "named")
        self.make_report("the second", "other")
        for i in range(7):
            values = {"config": {"lr": {"value": i / 10}}, "summaryMetrics": {"loss": 1.0 - i / 10}}
            self.upsert(f"small{i}", tags=["even"] if i % 2 == 0 else ["odd"], groupName="group-b", sweep=self.sweep if i % 2 else None, **values)
            self.log(f"small{i}", [{"_step": step, "loss": i + step / 100, "acc": step} for step in range(40)])
        self.upsert("sealed", summaryMetrics={"loss": 71.0})
        self.log("sealed", [{"_step": step, "loss": step / 7, "rare": step * step} for step in range(500)])
        self.stream("sealed", complete=True, exitcode=1)
        self.upsert("odd", project="odd-values")
        nan_rows = [{"_step": i, "x": math.nan if i == 2 else math.inf if i == 3 else i * 1.5} for i in range(6)]
        self.log("odd", nan_rows + [{"_step": 6, "x": None}, {"_step": 6, "x": 9}, {"_step": 7, "big": 2**70}], "odd-values")
        return self
