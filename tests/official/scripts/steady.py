"""steady.py - logs one row after another at a steady pace, and then ends or waits to be killed."""

import time

import task
import wandb

given = task.parameters()
# The sidecar sends every 15 s by default; tests that look at what arrives cannot wait so long. The
# oldest age has no such setting and sends each second at first.
settings = {} if wandb.__version__.startswith("0.16") else {"x_file_stream_transmit_interval": 1}
run = wandb.init(project=given.project, id=given.run, resume=given.resume, settings=wandb.Settings(**settings))
print("started", flush=True)
try:
    for n in range(given.count):
        run.log({"n": n, "square": n * n})
        time.sleep(given.pause_s)
    print("logged", flush=True)
    time.sleep(given.wait_s)
    run.finish()
    task.answer({"id": run.id, "interrupted": False})
except KeyboardInterrupt:
    run.finish(exit_code=255)
    task.answer({"id": run.id, "interrupted": True, "at": n})
