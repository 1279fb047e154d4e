"""artifact_layout.py - the client's older storage layout: what it just logged it fetches from the addresses of that layout."""

import os
import pathlib

os.environ["_WANDB_USE_V1_ARTIFACTS"] = "1"
os.environ["WANDB_CACHE_DIR"] = os.path.abspath("cache")

import task  # noqa: E402
import wandb  # noqa: E402

with wandb.init(project="layout") as run:
    artifact = wandb.Artifact("old", type="t")
    with artifact.new_file("a.txt") as file:
        file.write("of layout V1")
    logged = artifact.manifest  # the server's, which is read after the logging, is of layout V2
    run.log_artifact(artifact)
    artifact.wait()
    for path in pathlib.Path("cache").rglob("*"):
        if path.is_file():
            path.unlink()
    layout = logged.storage_policy.config()["storageLayout"]
    with open(logged.storage_policy.load_file(artifact, logged.entries["a.txt"])) as file:
        task.answer([layout, file.read()])
