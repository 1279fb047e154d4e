"""outage.py - logs rows and saves files while its server goes away and comes back; waits are shortened, not their number."""

import os
import time

import task
import wandb

given = task.parameters()
waits = {}
if not wandb.__version__.startswith("0.16"):  # which has no such settings, and waits longer
    for client in ("file_stream", "file_transfer", "graphql"):
        waits[f"x_{client}_retry_wait_min_seconds"] = 0.1
        waits[f"x_{client}_retry_wait_max_seconds"] = 1.5
    waits["x_file_stream_transmit_interval"] = 1
run = wandb.init(project=given.project, id=given.run, settings=wandb.Settings(**waits))
print("started", flush=True)
for n in range(given.count):
    name = f"part-{n}.txt"
    with open(name, "w") as out:
        out.write(f"content {n} " * 1000)
    run.save(name, policy="now")
    run.log({"n": n})
    if n == given.count // 3:
        print("a third", flush=True)
        while not os.path.exists(given.go_on):
            time.sleep(0.1)
    time.sleep(0.2)
run.finish()
task.answer({"id": run.id})
