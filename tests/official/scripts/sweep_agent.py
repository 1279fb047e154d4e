"""sweep_agent.py - `wandb agent` as a process that the test may kill with all that it started."""

import subprocess
import sys

import task

given = task.parameters()
command = [sys.executable, "-m", "wandb", "agent", given.sweep]
task.answer(subprocess.run(command, check=False).returncode)
