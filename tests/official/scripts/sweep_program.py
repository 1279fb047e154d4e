"""sweep_program.py - what `wandb agent` runs: parameters come as arguments."""

import argparse
import time

import wandb

parser = argparse.ArgumentParser()
parser.add_argument("--x", type=int)
parser.add_argument("--pause", type=float, default=0)
arguments = parser.parse_args()
run = wandb.init()
assert run.config["x"] == arguments.x
for n in range(3):
    run.log({"loss": arguments.x + 1 / (n + 1)})
print("logged", flush=True)
time.sleep(arguments.pause)
run.finish()
