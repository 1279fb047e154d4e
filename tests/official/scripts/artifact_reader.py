"""artifact_reader.py - a version's files as they come from the server."""

import os
import pathlib

os.environ["WANDB_CACHE_DIR"] = os.path.abspath("cache")

import task  # noqa: E402
import wandb  # noqa: E402

given = task.parameters()
folder = pathlib.Path(wandb.Api().artifact(given.place).download(root="got"))
task.answer({each.name: each.read_text() for each in folder.iterdir()})
