"""bench_client.py - our client and the official one side by side against one running server.

    PYTHONPATH=PACKAGE BAROGRAPH_BASE_URL=... BAROGRAPH_API_KEY=... python bench_client.py [OFFICIAL_PYTHON]

PACKAGE holds the built barograph package; OFFICIAL_PYTHON is one that has the PyPI package wandb.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile

EMPTY = """
import time; begin = time.perf_counter()
import {module} as wandb
wandb.init(project="bench").finish()
print(time.perf_counter() - begin)
"""

LOG = """
import json, time
import {module} as wandb
run = wandb.init(project="bench")
row = {{f"m{{i}}": i * 1.1 for i in range(8)}}
took = []
for _ in range({count}):
    begin = time.perf_counter_ns()
    run.log(row)
    took.append(time.perf_counter_ns() - begin)
took.sort()
run.finish()
print(json.dumps([took[len(took) // 2], took[len(took) * 999 // 1000]]))
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


def run(python: str, code: str, module: str, **values: int):
    env = {**os.environ, "WANDB_SILENT": "true", "BAROGRAPH_QUIET": "true"}
    env.setdefault("WANDB_BASE_URL", env["BAROGRAPH_BASE_URL"])
    env.setdefault("WANDB_API_KEY", env["BAROGRAPH_API_KEY"])
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [python, "-c", code.format(module=module, **values)], cwd=folder, env=env, capture_output=True, text=True
        )
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> None:
    clients = [("barograph", sys.executable, "barograph", 100_000)]
    if len(sys.argv) > 1:
        clients.append(("official", sys.argv[1], "wandb", 5_000))
    for name, python, module, count in clients:
        empty = sorted(run(python, EMPTY, module) for _ in range(5))[2]
        median, tail = run(python, LOG, module, count=count)
        rows = run(python, ALL, module, count=count)
        print(
            f"{name}: empty run {empty * 1000:.0f} ms, log() of 8 floats median {median} ns p99.9 {tail} ns, "
            f"{count} rows until the server has them {rows:.2f} s"
        )


if __name__ == "__main__":
    main()
