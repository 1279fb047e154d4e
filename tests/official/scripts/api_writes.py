"""api_writes.py - what the public API changes, and its lists: filters, order, pages."""

import os

import task
import wandb

given = task.parameters()
project, entity = given.project, given.entity
path = f"{entity}/{project}"
result = {}

for n in range(5):
    run = wandb.init(
        project=project,
        id=f"r{n}",
        name=f"run number {n}",
        config={"n": n, "kind": "even" if n % 2 == 0 else "odd", "deep": {"er": n * 0.5}},
        tags=["all"] + (["late"] if n > 2 else []),
        group=f"g{n % 2}",
    )
    if n != 3:
        run.log({"loss": 10 - n, "text": "x"})
    run.finish(exit_code=1 if n == 4 else 0)


def names(filters=None, order="+created_at", per_page=50):
    runs = wandb.Api().runs(path, filters=filters or {}, order=order, per_page=per_page)
    return [run.id for run in runs]


result["filters"] = {
    "none": names(),
    "pages": names(per_page=2),
    "newest_first": names(order="-created_at"),
    "config": names({"config.n": {"$gte": 3}}),
    "config_value": names({"config.kind.value": "odd"}),
    "nested": names({"config.deep.er": {"$lt": 1}}),
    "state": names({"state": "failed"}),
    "and_or": names({"$and": [{"config.n": {"$gt": 0}}, {"$or": [{"state": "failed"}, {"group": "g0"}]}]}),
    "nor": names({"$nor": [{"state": "failed"}, {"config.n": 0}]}),
    "in": names({"name": {"$in": ["r1", "r2"]}}),
    "nin": names({"name": {"$nin": ["r1", "r2"]}}),
    "ne": names({"config.kind": {"$ne": "odd"}}),
    "exists": names({"summary_metrics.loss": {"$exists": False}}),
    "regex": names({"display_name": {"$regex": "number [12]$"}}),
    "tags": names({"tags": "late"}),
    "tags_in": names({"tags": {"$in": ["late"]}}),
    "not_tagged": names({"tags": {"$ne": "late"}}),
    "summary": names({"summary_metrics.loss": {"$lte": 8}}),
    "by_summary": names(order="+summary_metrics.loss"),
    "by_summary_down": names(order="-summary_metrics.loss"),
    "by_config": names(order="-config.n.value"),
    "created": names({"created_at": {"$gt": "2020-01-01T00:00:00"}}),
    "nothing": names({"config.n": 77}),
    "broken": task.attempt(names, {"config.n": {"$near": 1}}),
}
api = wandb.Api()
result["length"] = len(api.runs(path, filters={"config.kind": "even"}))
result["projects"] = sorted(each.name for each in api.projects(entity))
result["viewer"] = api.viewer.username
result["default_entity"] = api.default_entity

run = api.run(f"{path}/r0")
run.name, run.notes, run.tags = "renamed", "new notes", ["changed"]
run.config["n"], run.config["added"] = 100, "new"
run.update()
run.summary["score"] = 0.75
run.summary.update()
run = wandb.Api().run(f"{path}/r0")
result["updated"] = {
    "name": run.name,
    "notes": run.notes,
    "tags": list(run.tags),
    "config": dict(run.config),
    "summary": dict(run.summary.items()),
    "rows": [row.get("loss") for row in run.scan_history()],
    "group": run.group if hasattr(run, "group") else None,
}

os.makedirs("folder", exist_ok=True)
with open(os.path.join("folder", "sent.txt"), "w") as out:
    out.write("sent afterwards")
run.upload_file(os.path.join("folder", "sent.txt"))
run = wandb.Api().run(f"{path}/r0")
result["file"] = run.file("folder/sent.txt").download(root="down", replace=True).read()
run.file("folder/sent.txt").delete()
result["files_after"] = [file.name for file in wandb.Api().run(f"{path}/r0").files()]

missing = wandb.Api().run(f"{path}/r1").file("nowhere.txt")
result["missing_file"] = [missing.name, missing.size, task.attempt(wandb.restore, "nowhere.txt", run_path=f"{path}/r1")["error"]]
restored = wandb.restore("config.yaml", run_path=f"{path}/r1", root="restored", replace=True)
result["restored"] = restored.read()

created = api.create_run(project=project, entity=entity, run_id="made")
result["created"] = {"id": created.id, "state": wandb.Api().run(f"{path}/made").state}
api.create_project("made-project", entity)
result["made_project"] = "made-project" in [each.name for each in wandb.Api().projects(entity)]

finished = api.run(f"{path}/r1")
finished.wait_until_finished()
result["waited"] = finished.state

api.run(f"{path}/r2").delete()
result["after_delete"] = names()
result["deleted"] = task.attempt(lambda: wandb.Api().run(f"{path}/r2").id)
task.answer(result)
