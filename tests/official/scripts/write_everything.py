"""write_everything.py - one run that logs every kind of value, media, files, console output, an alert."""

import sys
import time

import numpy
import task
import values
import wandb

given = task.parameters()
run = wandb.init(
    project=given.project,
    id=given.run,
    name="the first",
    notes="some\nnotes é",
    tags=["red", "green"],
    group="a group",
    job_type="training",
    config=values.CONFIG,
)
run.define_metric("acc", summary="max")
for row in values.rows():
    run.log(row)

run.log(
    {
        "histogram": wandb.Histogram([1, 2, 2, 3]),
        "image": wandb.Image(numpy.zeros((4, 5, 3), dtype=numpy.uint8), caption="black"),
        "table": wandb.Table(columns=["a", "b"], data=[[1, "x"], [2, "y"]]),
        "html": wandb.Html("<b>bold</b>", inject=False),
    }
)
run.summary["best"] = 0.5
run.summary["deep"] = {"er": {"value": 7}}
run.summary["removed"] = 1
del run.summary["removed"]
run.config.update({"later": "added"})

print("to stdout")
print("progress 1\rprogress 2\rprogress 3")
print("to stderr é", file=sys.stderr)

with open("saved.txt", "w") as out:
    out.write("saved text")
wandb.save("saved.txt")
with open("empty.bin", "wb"):
    pass
wandb.save("empty.bin")

run.alert("a title", "a text", level=wandb.AlertLevel.WARN, wait_duration=10)
time.sleep(0.5)  # lets the console reader see the last line before the run ends
facts = {"id": run.id, "entity": run.entity, "name": run.name}
run.finish()
task.answer(facts)
