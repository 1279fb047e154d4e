"""artifact_ends.py - what is told of a version that a run used, after it was deleted, and of one that is not taken."""

import task
import wandb

given = task.parameters()
place = f"{given.entity}/ends"
result = {}


def used():
    return [[each.name, each.state] for each in wandb.Api().run(f"{place}/user").used_artifacts()]


with wandb.init(project="ends", id="maker") as run:
    for content in ("one", "two"):
        artifact = wandb.Artifact("set", type="dataset")
        with artifact.new_file("a.txt") as file:
            file.write(content)
        run.log_artifact(artifact).wait()
    if wandb.__version__ == given.refused_by:  # the oldest client waits for ever for what is refused
        odd = wandb.Artifact("odd", type="dataset")
        with odd.new_file("back\\slash") as file:
            file.write("x")
        result["refused"] = task.attempt(lambda: run.log_artifact(odd).wait())
with wandb.init(project="ends", id="user") as run:
    for version in ("v0", "v1"):
        run.use_artifact(f"set:{version}")
result["before"] = used()
wandb.Api().artifact(f"{place}/set:v0").delete(delete_aliases=True)
result["after"] = used()
result["made"] = [each.name for each in wandb.Api().run(f"{place}/maker").logged_artifacts()]
task.answer(result)
