"""Fills a server, through the official client, with what the pictures of the README and the docs show: run by pictures.sh."""

from __future__ import annotations

import math
import os
import random

import numpy
import wandb

NAMES = ["silver-fern", "long-meadow", "copper-bell", "morning-tide", "granite-hill", "slow-river", "paper-lantern", "north-wind", "amber-field",
         "quiet-harbor"]  # fmt: skip
SPIKING = "paper-lantern"
EPOCHS, STEPS_PER_EPOCH = 24, 100


def picture(rng: random.Random) -> wandb.Image:
    """A ball, a crate and a hill, with the masks and boxes of a guess."""
    height, width = 96, 128
    y, x = numpy.mgrid[0:height, 0:width]
    pixels = numpy.full((height, width, 3), (58, 94, 120), dtype="uint8")
    ball = (x - 38) ** 2 + (y - 46) ** 2 < 22**2
    crate = (x > 80) & (x < 118) & (y > 54) & (y < 86)
    hill = (y > 64) & (abs(x - 32) < (y - 64) * 0.8)
    mask = numpy.zeros((height, width), dtype="uint8")
    for shape, colour, label in ((ball, (226, 150, 60), 1), (crate, (120, 120, 96), 2), (hill, (90, 150, 100), 3)):
        pixels[shape] = colour
        mask[shape] = label
    labels = {1: "ball", 2: "crate", 3: "hill"}
    boxes = [{"position": {"minX": 15 / width, "maxX": 61 / width, "minY": 23 / height, "maxY": 69 / height}, "class_id": 1, "scores": {"score": 0.9 + rng.random() / 20}},
             {"position": {"minX": 80 / width, "maxX": 119 / width, "minY": 53 / height, "maxY": 87 / height}, "class_id": 2, "scores": {"score": 0.8}}]  # fmt: skip
    return wandb.Image(pixels, caption="sample 0", masks={"guess": {"mask_data": mask, "class_labels": labels}}, boxes={"guess": {"box_data": boxes, "class_labels": labels}})


def train(number: int, name: str) -> None:
    rng = random.Random(number)
    noise = numpy.random.default_rng(number)
    config = {"optimizer": ["adamw", "sgd"][number % 2], "lr": [0.0001, 0.0003, 0.001, 0.003][number % 4], "depth": [18, 34, 50][number % 3],
              "batch_size": 256, "data": {"crop": 224, "flip": True}}  # fmt: skip
    best = 0.91 + rng.random() * 0.06 - 0.02 * (config["optimizer"] == "sgd")
    settings = wandb.Settings(x_disable_meta=True)  # a picture tells nothing of the machine that it was taken on
    tags = ["ablation" if number < 7 else "baseline"]
    with wandb.init(project="vision", name=name, config=config, tags=tags, group=config["optimizer"], settings=settings) as run:
        run.define_metric("val/*", step_metric="epoch")
        print(f"\x1b[32mtraining\x1b[0m {name}")
        for step in range(EPOCHS * STEPS_PER_EPOCH):
            at = step / (EPOCHS * STEPS_PER_EPOCH)
            loss = (2.1 + 0.04 * number) * math.exp(-3 * at) + 0.2 + rng.gauss(0, 0.07 * (1 - 0.85 * at))
            if name == SPIKING and 1270 < step < 1340:
                loss += 1.1 * math.exp(-(((step - 1300) / 14) ** 2))
            run.log({"train/loss": loss, "train/accuracy": best * (1 - math.exp(-4 * at)) + rng.gauss(0, 0.005), "optim/grad_norm": abs(rng.gauss(1.6 * math.exp(-2 * at), 0.35))})
            if step % STEPS_PER_EPOCH == STEPS_PER_EPOCH - 1:
                epoch = step // STEPS_PER_EPOCH
                run.log({"epoch": epoch, "val/accuracy": best * (1 - 0.87 * math.exp(-epoch / 5)) + rng.gauss(0, 0.004), "val/loss": 2.3 * math.exp(-epoch / 8) + 0.3 - best / 10})
                run.log({"weights/layer1": wandb.Histogram(noise.normal(epoch / 40, 1 - epoch / 60, 2000))})
        run.log({"predictions": picture(rng)})


def search() -> None:
    sweep = wandb.sweep({
        "name": "depth and rate", "method": "random", "metric": {"name": "val/loss", "goal": "minimize"},
        "parameters": {"lr": {"distribution": "log_uniform_values", "min": 0.0001, "max": 0.1}, "layers": {"values": [2, 4, 6, 8, 12]},
                       "dropout": {"min": 0.0, "max": 0.5}, "optimizer": {"values": ["adam", "sgd", "lion"]}},
    }, project="sweeping")  # fmt: skip

    def attempt() -> None:
        with wandb.init() as run:
            c = run.config
            loss = 0.45 + abs(math.log10(c.lr) + 2.6) * 0.22 + c.dropout * 0.5 + abs(c.layers - 6) * 0.03 + random.gauss(0, 0.05)
            for step in range(10):
                run.log({"val/loss": loss + 2 * math.exp(-step)})

    wandb.agent(sweep, attempt, project="sweeping", count=18)


def derive() -> None:
    """A data set that many runs read, and two models that came of it."""
    with wandb.init(project="lineage", name="collect") as run:
        for number in range(2):
            artifact = wandb.Artifact("corpus", type="dataset", metadata={"rows": 1000 * (number + 1)})
            with artifact.new_file(f"part{number}.txt") as file:
                file.write(str(number))
            run.log_artifact(artifact).wait()
    for number in range(8):
        with wandb.init(project="lineage", name=f"train-{number}") as run:
            run.use_artifact("corpus:v1")
            if number < 2:
                model = wandb.Artifact(["model", "student"][number], type="model")
                with model.new_file("weights.txt") as file:
                    file.write(str(number))
                run.log_artifact(model).wait()
    with wandb.init(project="lineage", name="evaluate") as run:
        run.use_artifact("model:latest")
        run.use_artifact("student:latest")


if __name__ == "__main__":
    os.environ["WANDB_SILENT"] = "true"
    random.seed(7)
    derive()
    search()
    for place, label in enumerate(NAMES):
        train(place, label)
