"""artifacts.py - versions with files, references, aliases and lineage: logged, used, fetched, changed and deleted."""

import os
import pathlib

import task
import wandb

given = task.parameters()
place = f"{given.entity}/things"
result = {}


def artifact_of(**files):
    artifact = wandb.Artifact("set", type="dataset", description="numbers", metadata={"rows": 3})
    for name, text in files.items():
        with artifact.new_file(f"{name}.txt") as file:
            file.write(text)
    return artifact


with wandb.init(project="things", id="maker") as run:
    first = artifact_of(a="alpha", b="beta")
    first.add_reference("file://" + os.path.abspath(__file__), name="reference.py")
    first.add_reference("vault://bucket/key", name="far")
    run.log_artifact(first, aliases=["good", "latest"])
    first.wait()
    second = artifact_of(a="alpha", b="changed")
    run.log_artifact(second)
    second.wait()
    again = artifact_of(a="alpha", b="changed")
    run.log_artifact(again)
    again.wait()
    result["names"] = [first.name, second.name, again.name]

with wandb.init(project="things", id="user") as run:
    used = run.use_artifact("set:good")
    result["used"] = [used.version, used.description, used.metadata]
    out = wandb.Artifact("net", type="model")
    with out.new_file("w.txt") as file:
        file.write("weights")
    run.log_artifact(out)
    out.wait()
    run.link_artifact(out, f"{place}/shelf", aliases=["best"])

# What it logged lies in the client's cache: without it, bytes come from the server.
for path in pathlib.Path(os.environ["WANDB_CACHE_DIR"]).rglob("*"):
    if path.is_file():
        path.unlink()
api = wandb.Api()
good = api.artifact(f"{place}/set:good")
result["manifest"] = sorted([name, entry.ref and entry.ref.split("://")[0]] for name, entry in good.manifest.entries.items())
single = good.get_path("b.txt").download(root="single")
with open(single) as file:
    result["single"] = file.read()
newest = api.artifact(f"{place}/set:latest")
folder = newest.download(root="newest")
result["downloaded"] = {name: open(os.path.join(folder, name)).read() for name in sorted(os.listdir(folder))}
newest.verify(root="newest")
with open(os.path.join(folder, "a.txt"), "w") as file:
    file.write("spoilt")
result["spoilt"] = task.attempt(newest.verify, root="newest")
result["commits"] = [len({each.commit_hash for each in (good, newest)}), newest.commit_hash == second.commit_hash]
result["maker"] = good.logged_by().id
result["users"] = [each.id for each in good.used_by()]
result["run_made"] = sorted(each.name for each in api.run(f"{place}/maker").logged_artifacts())
result["run_used"] = [each.name for each in api.run(f"{place}/user").used_artifacts()]
result["shelf"] = api.artifact(f"{place}/shelf:best").metadata == {}

newest.aliases.append("good")
newest.metadata["rows"] = 4
newest.save()
api = wandb.Api()
moved = api.artifact(f"{place}/set:good")
result["moved"] = [moved.version, sorted(moved.aliases), moved.metadata]
result["first_left"] = api.artifact(f"{place}/set:v0").aliases
result["refused"] = task.attempt(moved.delete)
api.artifact(f"{place}/set:v0").delete()
moved.delete(delete_aliases=True)
result["gone"] = task.attempt(wandb.Api().artifact, f"{place}/set:v1")

# What first held these bytes goes with its whole collection; the project still has them in another's version.
with wandb.init(project="things", id="keeper") as run:
    kept = [wandb.Artifact(name, type="dataset") for name in ("old", "kept", "new")]
    for each in kept:
        with each.new_file("k.txt") as file:
            file.write("kept")
    for each in kept[:2]:
        run.log_artifact(each)
        each.wait()
    wandb.Api().artifact_collection("dataset", f"{place}/old").delete()
    run.log_artifact(kept[2])
    kept[2].wait()
for path in pathlib.Path(os.environ["WANDB_CACHE_DIR"]).rglob("*"):
    if path.is_file():
        path.unlink()
fetched = [wandb.Api().artifact(f"{place}/{name}:v0").download(root=name) for name in ("kept", "new")]
result["kept"] = [open(os.path.join(folder, "k.txt")).read() for folder in fetched]
task.answer(result)
