"""Fills a server with runs by the official client: what the tests of the web page look at.

Usage: fill.py, with WANDB_BASE_URL and WANDB_API_KEY set. Prints the path of each run made.
"""

import math
import os
import random
import sys
import tempfile

os.environ.setdefault("WANDB_SILENT", "true")
os.environ.setdefault("WANDB_DIR", tempfile.mkdtemp())

import wandb  # noqa: E402  (the environment comes first)

PROJECT = "charts"
STEPS = 3000
# Would set a mark that the tests look for, whichever way it ran.
SCRIPT = "window.__ran=1"
HOSTILE = f'"><img src=x onerror="{SCRIPT}"><script>{SCRIPT}</script>'


def log_run(number: int) -> None:
    """A run with sections, nested sections, a step metric, a spike and values that are no numbers."""
    rate = 10.0 ** -(1 + number % 3)
    config = {"lr": rate, "optimizer": ["adam", "sgd"][number % 2], "model": {"layers": 2 + number}}
    random.seed(number)
    with wandb.init(project=PROJECT, name=f"run-{number}", group=["even", "odd"][number % 2], tags=["base"], config=config) as run:
        run.define_metric("val/accuracy", step_metric="epoch")
        for step in range(STEPS):
            part = step / STEPS
            row = {
                "train/loss": 2 * math.exp(-3 * part) + 0.1 * number + 0.05 * random.gauss(0, 1),
                "train/layers/0/norm": 1 + 0.1 * random.random(),
                "spike": 50.0 if step == 1777 else random.random(),
                "odd": [1.0, math.nan, math.inf, -math.inf][step % 4],
            }
            if step % 100 == 99:
                row |= {"epoch": step // 100, "val/accuracy": 1 - math.exp(-4 * part)}
            run.log(row)
        for epoch in range(20):
            run.log({"weights": wandb.Histogram([random.gauss(epoch / 10, 1) for _ in range(500)])})
        print(f"\x1b[31mred text\x1b[0m and plain text of run {number}")
        for line in range(400):
            print(f"line {line}")
        print("/".join([run.entity, run.project, run.id]), file=sys.__stdout__, flush=True)


def log_media() -> None:
    """A picture, a table and a page."""
    pixels = [[[x * 4 % 256, y * 4 % 256, 128] for x in range(64)] for y in range(64)]
    with wandb.init(project="media", name="media") as run:
        try:
            import numpy

            run.log({"picture": wandb.Image(numpy.array(pixels, dtype="uint8"), caption="gradient")})
        except ImportError:
            pass
        run.log({"table": wandb.Table(columns=["id", "name"], data=[[1, "first"], [2, HOSTILE]])})
        run.log({"page": wandb.Html(f"<p>a page</p><script>parent.{SCRIPT};top.{SCRIPT}</script>")})


def log_artifacts() -> None:
    """Two versions of a data set, and a run that used the first."""
    with wandb.init(project="artifacts", name="maker") as run:
        for number in range(2):
            artifact = wandb.Artifact("numbers", type="dataset", metadata={"rows": number, "note": HOSTILE}, description="**bold** words")
            with artifact.new_file("folder/data.txt") as file:
                file.write(f"number {number}")
            run.log_artifact(artifact, aliases=["latest", f"best{number}"]).wait()
    with wandb.init(project="artifacts", name="user") as run:
        run.use_artifact("numbers:v0")


def log_hostile() -> None:
    """Markup wherever a run may put a text."""
    with wandb.init(project="hostile", name=HOSTILE, group=HOSTILE, job_type=HOSTILE, tags=[HOSTILE[:60]],
                    notes=f"{HOSTILE}\n\n[click](javascript:{SCRIPT}) <b>bold</b>", config={HOSTILE: HOSTILE}) as run:
        for step in range(20):
            run.log({f"{HOSTILE}/metric": step, "<b>plain</b>": step})
        run.summary[HOSTILE] = HOSTILE
        print(HOSTILE)
        path = os.path.join(run.dir, "<img src=x onerror=window.__ran=1>.txt")
        with open(path, "w", encoding="utf-8") as file:
            file.write(HOSTILE)
        run.save(path, base_path=run.dir)


if __name__ == "__main__":
    for i in range(4):
        log_run(i)
    log_media()
    log_artifacts()
    log_hostile()
