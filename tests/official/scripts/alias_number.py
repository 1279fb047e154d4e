"""alias_number.py - what a version is called by its number, given as if it were an alias."""

import task
import wandb

given = task.parameters()
result = {}
with wandb.init(project="numbers", id="run") as run:
    artifact = wandb.Artifact("set", type="t")
    with artifact.new_file("a.txt") as file:
        file.write("a")
    result["logged"] = task.attempt(lambda: run.log_artifact(artifact, aliases=["v7"]).wait())
with wandb.init(project="numbers", id="again") as run:
    artifact = wandb.Artifact("set", type="t")
    with artifact.new_file("a.txt") as file:
        file.write("a")
    logged = run.log_artifact(artifact).wait()
    linked = run.link_artifact(logged, f"{given.entity}/numbers/shelf")
    further = run.link_artifact(logged, f"{given.entity}/numbers/further", aliases=[linked.version, *linked.aliases])
    result["handed_on"] = [further.version, further.aliases]
found = wandb.Api().artifact(f"{given.entity}/numbers/set:latest")
result["after"] = [found.version, found.aliases]
task.answer(result)
