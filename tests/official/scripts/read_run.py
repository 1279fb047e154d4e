"""read_run.py - the parts of a run that most tests look at."""

import task
import wandb

given = task.parameters()
run = wandb.Api().run(given.path)
task.answer(
    {
        "state": run.state,
        "rows": list(run.scan_history()),
        "config": dict(run.config),
        "summary": dict(run.summary.items()),
        "tags": list(run.tags),
        "files": [file.name for file in run.files()],
    }
)
