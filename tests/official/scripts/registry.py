"""registry.py - an organisation's registries through the public API, versions linked and found again."""

import task
import wandb

given = task.parameters()
org, entity = given.org, given.entity
api = wandb.Api()
result = {}

models = api.create_registry("models", visibility="organization", organization=org, description="what is served", artifact_types=["model"])
anything = api.create_registry("anything", visibility="restricted", organization=org)
result["created"] = [models.name, models.full_name, models.visibility, models.allow_all_artifact_types, sorted(models.artifact_types),
                     models.description, anything.visibility, anything.allow_all_artifact_types]  # fmt: skip
result["again"] = task.attempt(api.create_registry, "models", visibility="organization", organization=org)
result["no_org"] = task.attempt(api.create_registry, "x", visibility="organization", organization="nowhere-at-all")

with wandb.init(project="made", id="r1", settings=wandb.Settings(silent=True)) as run:
    for version in range(3):
        artifact = wandb.Artifact("net", type="model", metadata={"acc": version * 0.25})
        with artifact.new_file("weights.txt") as file:
            file.write(f"weights {version}")
        run.log_artifact(artifact).wait()
        linked = run.link_artifact(artifact, f"{org}/wandb-registry-models/net", aliases=["prod"] if version == 1 else [])
    result["linked"] = [linked.entity, linked.project, linked.name, linked.source_name, linked.is_link]
    data = wandb.Artifact("numbers", type="dataset")
    with data.new_file("n.txt") as file:
        file.write("1 2 3")
    run.log_artifact(data).wait()
    result["wrong_type"] = task.attempt(run.link_artifact, data, f"{org}/wandb-registry-models/numbers")
    result["no_registry"] = task.attempt(run.link_artifact, data, f"{org}/wandb-registry-nowhere/numbers")
    run.link_artifact(data, f"{org}/wandb-registry-anything/numbers")

api = wandb.Api()
collection = api.registry("models", org).collections()[0]
collection.description = "nets"
collection.tags = ["vision"]
collection.save()
tagged = api.artifact(f"{org}/wandb-registry-models/net:v2")
tagged.tags = ["good"]
tagged.save()


def versions(found):
    return [[each.name, each.version, sorted(each.aliases)] for each in found]


api = wandb.Api()
result["registries"] = [each.name for each in api.registries(org)]
result["by_name"] = [each.name for each in api.registries(org, filter={"name": "models"})]
result["by_regex"] = [each.name for each in api.registries(org, filter={"name": {"$regex": "any"}})]
result["described"] = [each.name for each in api.registries(org, filter={"description": {"$regex": "served"}})]
result["collections"] = [each.name for each in api.registries(org).collections()]
result["tagged_collections"] = [each.name for each in api.registries(org).collections(filter={"tag": "vision"})]
result["no_collections"] = [each.name for each in api.registries(org).collections(filter={"name": "x"})]
result["versions"] = versions(api.registries(org).collections(filter={"name": "net"}).versions())
result["prod"] = versions(api.registries(org).versions(filter={"alias": "prod"}))
result["good"] = versions(api.registry("models", org).versions(filter={"tag": "good"}))
result["accurate"] = versions(api.registries(org).versions(filter={"metadata.acc": {"$gte": 0.5}}))
result["v0"] = versions(api.registry("models", org).collections().versions(filter={"version": "v0"}))
result["bad_filter"] = task.attempt(lambda: list(api.registries(org).versions(filter={"shoe": 1})))
result["by_path"] = api.artifact(f"{org}/wandb-registry-models/net:prod").metadata
result["short_path"] = task.attempt(lambda: api.artifact("wandb-registry-models/net:prod").metadata)
folder = api.artifact(f"{org}/wandb-registry-models/net:prod").download()
with open(f"{folder}/weights.txt") as file:
    result["downloaded"] = file.read()

# --- changed ---
models.description = "served"
models.allow_all_artifact_types = False
models.artifact_types.append("dataset")
models.save()
result["saved"] = [models.description, sorted(models.artifact_types)]
models.name = "served"
models.save()
result["renamed"] = [models.name, [each.name for each in wandb.Api().registries(org)]]


# --- members ---
def members(registry):
    return [[getattr(each, "user", None) and each.user.username or each.team.name, str(getattr(each.role, "value", each.role))] for each in registry.members()]


result["members"] = [members(models)]
other, team = api.user(given.other), api.team(given.team)
models.add_members(other, team)
result["members"].append(members(models))
models.update_member(other, "viewer")
result["members"].append(members(models))
result["bad_role"] = task.attempt(models.update_member, other, "emperor")
models.remove_members(other, team)
result["members"].append(members(models))
result["not_member"] = task.attempt(models.remove_members, other)

served = wandb.Api().artifact(f"{org}/wandb-registry-served/net:prod")
served.unlink()
result["unlinked"] = versions(wandb.Api().registries(org).versions(filter={"alias": "prod"}))
anything.delete()
result["deleted"] = [each.name for each in wandb.Api().registries(org)]
result["loaded"] = wandb.Api().registry("served", org).full_name
result["missing"] = task.attempt(lambda: wandb.Api().registry("anything", org))
task.answer(result)
