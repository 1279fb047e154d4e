"""bench_client.py - our client and the official one side by side against one running server.

    PYTHONPATH=PACKAGE BAROGRAPH_BASE_URL=... BAROGRAPH_API_KEY=... python bench_client.py [OFFICIAL_PYTHON]

PACKAGE holds the built barograph package; OFFICIAL_PYTHON is one that has the PyPI package wandb. The clients take
turns, so that what else the machine does falls on both; each figure is the median of its rounds.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile

ROUNDS = 5
ROWS = 100_000

IMPORT = """
import time; begin = time.perf_counter()
import {module}
print((time.perf_counter() - begin) * 1000)
"""

EMPTY = """
import time; begin = time.perf_counter()
import {module} as wandb
wandb.init(project="bench").finish()
print((time.perf_counter() - begin) * 1000)
"""

LOG = """
import json, time
from resource import RUSAGE_THREAD, getrusage
import {module} as wandb
run = wandb.init(project="bench")
row = {{f"m{{i}}": i * 1.1 for i in range(8)}}
took, kept = [], []  # kept: without those that the processor was taken from; a short one had no time for that
switches = getrusage(RUSAGE_THREAD).ru_nivcsw
for _ in range({count}):
    begin = time.perf_counter_ns()
    run.log(row)
    took.append(time.perf_counter_ns() - begin)
    before = switches
    if took[-1] > 5_000:
        switches = getrusage(RUSAGE_THREAD).ru_nivcsw
    if switches == before:
        kept.append(took[-1])
run.finish()
took.sort()
kept.sort()
median = took[len(took) // 2]

# What arithmetic as long as a median row loses to the clock's ticks and to other processes, log() loses too.
def compute(rounds):
    value = 1.0
    for _ in range(rounds):
        value = value * 0.999 + 1e-3

begin = time.perf_counter_ns()
compute(100_000)
rounds = 100_000 * median // (time.perf_counter_ns() - begin)
lost = []
for _ in range({count}):
    begin = time.perf_counter_ns()
    compute(rounds)
    lost.append(time.perf_counter_ns() - begin)
lost.sort()
print(json.dumps([median / 1000] + [times[len(times) * 999 // 1000] / 1000 for times in (took, kept, lost)]))
"""

ALL = """
import time; begin = time.perf_counter()
import {module} as wandb
run = wandb.init(project="bench")
for i in range({count}):
    run.log({{f"m{{k}}": i * 1.1 + k for k in range(8)}})
run.finish()
print(time.perf_counter() - begin)
"""

# What a process has resident, in MB; helpers are those that work in this folder and are not this process.
MEMORY = """
import json, os, time

def resident(pid):
    with open(f"/proc/{{pid}}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

def helpers():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if int(pid) != os.getpid() and os.readlink(f"/proc/{{pid}}/cwd") == os.getcwd():
                yield resident(pid)
        except OSError:
            continue

before = resident("self")
import {module} as wandb
run = wandb.init(project="bench")
for i in range({count}):
    run.log({{f"m{{k}}": i * 1.1 + k for k in range(8)}})
time.sleep(3)
added = [resident("self") - before, sum(helpers())]
run.finish()
print(json.dumps(added))
"""

# What is measured: its name, the limit that was set for ours, the script, and how many rows.
FIGURES = (
    (("import, ms",), ("30",), IMPORT, 0),
    (("an empty run from import to finish, ms",), ("100",), EMPTY, 0),
    (
        (
            "log() of 8 floats, median, us",
            "log() of 8 floats, p99.9, us",
            "of those not switched away from, p99.9, us",
            "arithmetic as long, p99.9, us",
        ),
        ("1.5", "10", "10", ""),
        LOG,
        5_000,
    ),
    (("memory added to the training process, MB", "memory of its helpers, MB"), ("10", "15"), MEMORY, 5_000),
    ((f"{ROWS} rows of 8 until the server has them, s",), ("1.5",), ALL, ROWS),
)


def run(python: str, code: str, module: str, count: int) -> list[float]:
    env = {**os.environ, "WANDB_SILENT": "true", "BAROGRAPH_QUIET": "true"}
    env.setdefault("WANDB_BASE_URL", env["BAROGRAPH_BASE_URL"])
    env.setdefault("WANDB_API_KEY", env["BAROGRAPH_API_KEY"])
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package is compiled
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [python, "-c", code.format(module=module, count=count)], cwd=folder, env=env, capture_output=True, text=True
        )
    if done.returncode != 0:
        sys.exit(done.stderr)
    told = json.loads(done.stdout.strip().splitlines()[-1])
    return told if isinstance(told, list) else [told]


def measure(clients: list[tuple[str, str]], code: str, count: int) -> list[list[float]]:
    """For each client its figures."""
    rounds = 1 if count == ROWS else ROUNDS
    told = [[run(python, code, module, count) for python, module in clients] for _ in range(rounds)]
    return [[statistics.median(values) for values in zip(*(turn[i] for turn in told))] for i in range(len(clients))]


def main() -> None:
    clients = [(sys.executable, "barograph")] + [(os.path.abspath(python), "wandb") for python in sys.argv[1:2]]
    print(f"{'':48} {'goal':>6} {'ours':>10} {'official':>10} {'ratio':>7}    load {os.getloadavg()[0]:.1f}")
    for names, goals, code, count in FIGURES:
        figures = measure(clients, code, count)
        for i, name in enumerate(names):
            ours = figures[0][i]
            other = f"{figures[1][i]:10.1f} {figures[1][i] / ours:7.1f}" if len(figures) > 1 else ""
            print(f"{name:48} {goals[i]:>6} {ours:10.2f} {other}", flush=True)


if __name__ == "__main__":
    main()
