"""alerts.py - alerts of a run in every way the client offers."""

import datetime

import task
import wandb

given = task.parameters()
with wandb.init(project=given.project, id="r1", settings=wandb.Settings(silent=True)) as run:
    run.alert("Plain", "nothing more")
    run.alert(title="Heavy", text="look", level=wandb.AlertLevel.ERROR)
    for _ in range(3):
        run.alert(title="Often", text="too often", wait_duration=datetime.timedelta(minutes=5))
task.answer(True)
