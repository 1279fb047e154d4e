"""registry_owner.py - links two versions of a closed project into a registry, which exists."""

import task
import wandb

given = task.parameters()
with wandb.init(project="closed", id="makes", settings=wandb.Settings(silent=True)) as run:
    for number in range(2):
        artifact = wandb.Artifact("source", type="model", metadata={"number": number})
        with artifact.new_file(f"{number}.txt") as file:
            file.write(f"weights {number}")
        run.log_artifact(artifact).wait()
        run.link_artifact(artifact, f"{given.org}/wandb-registry-shelf/net", aliases=["prod"] if number == 1 else [])
