"""automations.py - automations made, listed, changed and set off with the official API."""

import task
import wandb
from wandb.automations import (
    ArtifactEvent,
    DoNothing,
    OnAddArtifactAlias,
    OnCreateArtifact,
    OnLinkArtifact,
    OnRunMetric,
    OnRunState,
    RunEvent,
    SendNotification,
    SendWebhook,
)

given = task.parameters()
entity, project = given.entity, given.project
quiet = wandb.Settings(silent=True)


def log(run, content, name="net", aliases=None):
    artifact = wandb.Artifact(name, type="model", metadata={"acc": 0.5})
    with artifact.new_file("a.txt") as file:
        file.write(content)
    run.log_artifact(artifact, aliases=aliases).wait()
    return artifact


with wandb.init(project=project, id="first", settings=quiet) as run:
    log(run, "one")

api = wandb.Api()
scope = api.project(project, entity)
collection = api.artifact_collection("model", f"{entity}/{project}/net")
hook = next(api.webhook_integrations(entity=entity))
result = {"hook": [hook.name, hook.url_endpoint], "slack": list(api.slack_integrations(entity=entity)),
          "integrations": [each.name for each in api.integrations(entity=entity)]}  # fmt: skip

webhook = SendWebhook.from_integration(hook, payload={"what": "${event_type}", "who": "${artifact_collection_name}${run_name}", "alias": "${alias}"})
made = {
    "created": OnCreateArtifact(scope=collection) >> webhook,
    "aliased": OnAddArtifactAlias(scope=collection, filter=ArtifactEvent.alias.eq("prod")) >> webhook,
    "linked": OnLinkArtifact(scope=scope) >> webhook,
    "metric": OnRunMetric(scope=scope, filter=RunEvent.metric("loss").avg(2).lt(0.5)) >> webhook,
    "change": OnRunMetric(scope=scope, filter=RunEvent.metric("loss").changes_by(diff=100)) >> webhook,
    "zscore": OnRunMetric(scope=scope, filter=RunEvent.metric("noise").zscore(5).gt(3)) >> webhook,
    "state": OnRunState(scope=scope, filter=RunEvent.state.in_(["finished", "failed"]) & RunEvent.name.contains("watched")) >> webhook,
    "told": OnRunState(scope=scope, filter=RunEvent.state.eq("failed"))
    >> SendNotification(integration_id=hook.id, title="Oh ${run_name}", text="it failed", level="WARN"),
    "nothing": OnRunState(scope=scope, filter=RunEvent.state.eq("running")) >> DoNothing(),
}
saved = {name: api.create_automation(each, name=name, description=f"about {name}") for name, each in made.items()}
result["saved"] = {name: [each.name, each.enabled, type(each.scope).__name__, str(each.event.event_type.value), type(each.action).__name__]
                   for name, each in saved.items()}  # fmt: skip
result["again"] = task.attempt(api.create_automation, made["state"], name="state")
result["existing"] = api.create_automation(made["state"], name="state", fetch_existing=True).id == saved["state"].id
result["listed"] = sorted(each.name for each in api.automations(entity=entity))
result["one"] = api.automation(name="metric", entity=entity).event.filter.metric.threshold_filter.window
changed = api.update_automation(saved["nothing"], enabled=False, description="kept")
result["changed"] = [changed.enabled, changed.description, api.automation(name="nothing", entity=entity).enabled]
result["deleted"] = [api.delete_automation(saved["nothing"]), [each.name for each in api.automations(entity=entity, name="nothing")]]
result["gone"] = task.attempt(api.update_automation, saved["nothing"], enabled=True)

with wandb.init(project=project, id="second", name="the watched one", settings=quiet) as run:
    log(run, "two", aliases=["prod"])
    linked = log(run, "three")
    run.link_artifact(linked, f"{entity}/{project}/shelf")
    for step in range(4):
        run.log({"loss": 1.0 / (step + 1) ** 2})
wandb.init(project=project, id="third", name="ignored", settings=quiet).finish(exit_code=1)
task.answer(result)
