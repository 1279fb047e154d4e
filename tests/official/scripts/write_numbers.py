"""write_numbers.py - a run of plain numbers, long enough for several pages."""

import task
import values
import wandb

given = task.parameters()
run = wandb.init(project=given.project, id=given.run)
for row in values.numbers(given.count):
    run.log(row)
run.finish()
task.answer({"id": run.id})
