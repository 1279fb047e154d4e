"""Workers in the middle of a training, and what kills them: torch's DataLoader forks them, and none of their rows is lost."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from tests.python.support import read_run, rows_of
from tests.python.test_watch import torch_python  # noqa: F401 - a fixture

LOADERS = """
import barograph, threading, torch
run = barograph.init(project="p", id="r")

class Items(torch.utils.data.Dataset):
    def __len__(self):
        return 60

    def __getitem__(self, index):
        run.log({"item": index})
        return float(index)

# Forked while this process itself is in the middle of its rows.
stops = threading.Event()
def train():
    i = 0
    while not stops.wait(0.0005):
        run.log({"step": i})
        i += 1
trainer = threading.Thread(target=train)
trainer.start()
for epoch in range(2):
    for batch in torch.utils.data.DataLoader(Items(), batch_size=4, num_workers=3):
        run.log({"batch": float(batch.sum())})
stops.set()
trainer.join()
run.finish()
"""


def test_data_loader_workers_log_to_their_parents_run(scripts, user, torch_python):  # noqa: F811
    done = subprocess.run(
        [torch_python, "-c", LOADERS], cwd=scripts.folder, env=scripts.env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    run = read_run(user, "p", "r")
    rows = rows_of(run)
    assert sorted(row["item"] for row in rows if "item" in row) == sorted([*range(60)] * 2)
    assert sum("batch" in row for row in rows) == 30
    steps = [row["step"] for row in rows if "step" in row]
    assert steps == list(range(len(steps)))
    assert run["state"] == "finished"


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_worker_that_is_killed_in_the_middle_takes_only_itself(scripts, user, method):
    # Spawned ones import the script: it must be a file. A run is pickled to them.
    (scripts.folder / "train.py").write_text(
        textwrap.dedent(f"""
        import barograph, multiprocessing, os, signal, time
        def work(run):
            i = 0
            while True:
                run.log({{"worker": i}})
                i += 1
                if i == 500:
                    os.kill(os.getpid(), signal.SIGKILL)
        if __name__ == "__main__":
            run = barograph.init(project="p", id="r")
            workers = [multiprocessing.get_context("{method}").Process(target=work, args=(run,)) for _ in range(4)]
            for worker in workers:
                worker.start()
            for i in range(2000):
                run.log({{"own": i}})
            for worker in workers:
                worker.join()
                assert worker.exitcode == -signal.SIGKILL, worker.exitcode
            run.log({{"own": 2000}})
            run.finish()
        """)
    )
    done = subprocess.run(
        [sys.executable, "train.py"], cwd=scripts.folder, env=scripts.env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    run = read_run(user, "p", "r")
    rows = rows_of(run)
    assert [row["own"] for row in rows if "own" in row] == list(range(2001))
    assert sorted(row["worker"] for row in rows if "worker" in row) == sorted([*range(500)] * 4)
    assert run["state"] == "finished"
