"""resume_auto.py - goes on with whatever the last process of this folder left unfinished."""

import task
import wandb

given = task.parameters()
run = wandb.init(project=given.project, resume="auto")
facts = {"id": run.id, "step": run.step}
run.log({"n": 100})
run.finish()
task.answer(facts)
