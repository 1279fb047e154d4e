"""writer.py - one of several writers of one run."""

import os
import time

import task
import wandb

given = task.parameters()
settings = {"mode": "shared", "x_label": given.label, "x_primary": given.primary}
if not given.primary:
    settings["x_update_finish_state"] = False
run = wandb.init(project=given.project, id=given.run, settings=wandb.Settings(**settings))
for n in range(given.count):
    run.log({f"from_{given.label}": n, "common": f"{given.label}-{n}"})
print("line of", given.label)
while not all(os.path.exists(path) for path in given.wait_for):
    time.sleep(0.1)
run.finish()
task.answer({"id": run.id})
