"""registry_reader.py - what another member of the organisation does with a version from a project that is closed to them."""

import pathlib

import task
import wandb

given = task.parameters()
name = f"{given.org}/wandb-registry-shelf/net"
result = {}


def read(artifact):
    return sorted((path.name, path.read_text()) for path in pathlib.Path(artifact.download()).iterdir())


def promote():
    first = wandb.Api().artifact(f"{name}:v0")
    first.aliases.append("prod")
    first.save()


def demote():
    second = wandb.Api().artifact(f"{name}:v1")
    second.aliases.remove("prod")
    second.save()


version = wandb.Api().artifact(f"{name}:prod")
result["found"] = [version.name.split(":")[0], version.type, version.metadata, version.size]
result["downloaded"] = read(version)
with wandb.init(project="reading", id="reads", settings=wandb.Settings(silent=True)) as run:
    used = run.use_artifact(f"{name}:v0")
    result["used"] = read(used)
    own = wandb.Artifact("own", type="model")
    with own.new_file("own.txt") as file:
        file.write("own")
    run.log_artifact(own).wait()
    result["linked"] = task.attempt(run.link_artifact, own, name, aliases=["mine"]) and None
    print("LINKING")
    result["link_refused"] = task.attempt(run.link_artifact, own, name, aliases=["prod"])
result["inputs"] = [each.type for each in wandb.Api().run("reading/reads").used_artifacts()]
result["promoted"] = task.attempt(promote)
result["demoted"] = task.attempt(demote)
result["source"] = task.attempt(lambda: wandb.Api().artifact(f"{given.owner}/closed/source:v0").id)
result["held"] = sorted(wandb.Api().artifact(f"{name}:prod").aliases)
task.answer(result)
