"""sweep_scheduler.py - `wandb sweep-scheduler`, which finds the runs of a sweep on the client's side."""

import subprocess
import sys

import task

given = task.parameters()
command = [sys.executable, "-m", "wandb", "sweep-scheduler", "--batch-size", "2", given.sweep]
done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
task.answer([done.returncode, done.stdout])
