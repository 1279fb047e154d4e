"""read_numbers.py - a finished run's history by every way the client knows."""

import task
import wandb

given = task.parameters()
run = wandb.Api().run(given.path)
result = {
    "state": run.state,
    "scan": list(run.scan_history()),
    "keys": list(run.scan_history(keys=["loss", "count"])),
    "range": list(run.scan_history(min_step=995, max_step=1005)),
    "again": list(wandb.Api().run(given.path).scan_history()),
}
if hasattr(run, "beta_scan_history"):
    result["beta"] = list(run.beta_scan_history())
if hasattr(run, "download_history_exports"):
    exported = task.attempt(run.download_history_exports, download_dir="exports")
    result["exported"] = exported if isinstance(exported, dict) else [str(p) for p in exported.paths]
task.answer(result)
