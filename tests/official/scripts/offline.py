"""offline.py - a run without any server; answers the folder to sync."""

import glob
import os

import task
import values
import wandb

given = task.parameters()
run = wandb.init(project=given.project, id=given.run, mode="offline", dir=os.getcwd(), config={"lr": 0.25}, tags=["late"])
for row in values.rows():
    run.log(row)
run.log({"histogram": wandb.Histogram([1, 2, 2])})
print("an offline line")
with open("saved.txt", "w") as out:
    out.write("offline text")
wandb.save("saved.txt")
run.finish()
task.answer({"folder": glob.glob(os.path.join(os.getcwd(), "wandb", "offline-run-*"))[0]})
