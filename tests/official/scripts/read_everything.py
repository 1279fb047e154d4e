"""read_everything.py - all that the public API tells about one run."""

import os

import task
import wandb

given = task.parameters()
api = wandb.Api()
run = api.run(given.path)

downloads = os.path.join(os.getcwd(), "downloads")
files = {}
for file in run.files():
    file.download(root=downloads, replace=True).close()
    with open(os.path.join(downloads, file.name), "rb") as content:
        files[file.name] = {"size": file.size, "md5": file.md5, "content": content.read().decode("utf-8", "replace")}

task.answer(
    {
        "id": run.id,
        "name": run.name,
        "state": run.state,
        "tags": list(run.tags),
        "notes": run.notes,
        "group": run.group,
        "job_type": run.job_type if hasattr(run, "job_type") else run._attrs.get("jobType"),
        "entity": run.entity,
        "project": run.project,
        "user": run.user.username,
        "created_at": run.created_at,
        "config": dict(run.config),
        "summary": dict(run.summary.items()),
        "metadata": run.metadata,
        "last_step": run.lastHistoryStep,
        "history": run.history(pandas=False),
        "history_keys": run.history(keys=["i", "third"], pandas=False),
        "history_sparse": run.history(keys=["sparse"], pandas=False),
        "history_nan": run.history(keys=["nan"], pandas=False),
        "history_few": run.history(samples=4, keys=["i"], pandas=False),
        "system": run.history(stream="system", pandas=False),
        "scan": list(run.scan_history()),
        "scan_small_pages": list(run.scan_history(page_size=5)),
        "scan_range": list(run.scan_history(min_step=3, max_step=7, page_size=3)),
        "scan_keys": list(run.scan_history(keys=["i", "third"])),
        "scan_keys_pages": list(run.scan_history(keys=["i"], page_size=5)),
        "scan_keys_range": list(run.scan_history(keys=["i"], min_step=3, max_step=7, page_size=3)),
        "scan_sparse": list(run.scan_history(keys=["sparse"])),
        "files": files,
        "one_file": task.attempt(lambda: run.file("saved.txt").name),
        "missing_run": task.attempt(lambda: api.run(given.path + "nope").id),
    }
)
