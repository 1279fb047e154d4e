"""write_shelf.py ENTITY ORG - artifacts, a registry with linked versions, made with the official package."""

import sys

import wandb

entity, org = sys.argv[1:3]
api = wandb.Api()
api.create_registry("models", visibility="organization", organization=org, description="what is served", artifact_types=["model"])
api.create_registry("anything", visibility="restricted", organization=org)
with wandb.init(entity=entity, project="shelf", id="maker") as run:
    for version in range(3):
        artifact = wandb.Artifact("net", type="model", description=f"number {version}", metadata={"acc": version * 0.25})
        for name in ("weights.txt", "more/notes.txt"):
            with artifact.new_file(name) as file:
                file.write(f"{name} {version}")
        run.log_artifact(artifact, aliases=["best"] if version == 1 else [], tags=["good"] if version > 0 else []).wait()
        run.link_artifact(artifact, f"{org}/wandb-registry-models/net", aliases=["prod"] if version == 1 else [])
    data = wandb.Artifact("numbers", type="dataset")
    with data.new_file("n.txt") as file:
        file.write("1 2 3")
    run.log_artifact(data).wait()
with wandb.init(entity=entity, project="shelf", id="user") as run:
    run.use_artifact("net:v1")
collection = api.registry("models", org).collections()[0]
collection.description = "nets"
collection.tags = ["vision"]
collection.save()
