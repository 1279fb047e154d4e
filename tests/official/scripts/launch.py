"""launch.py - what the client makes of a server without queues."""

import task
import wandb

given = task.parameters()
api = wandb.Api()
with wandb.init(project="launched", id="r1", settings=wandb.Settings(silent=True)):
    pass
result = {}
result["queue"] = task.attempt(lambda: api.run_queue(given.entity, "q").id)
result["create"] = task.attempt(lambda: api.create_run_queue("q", "local-process", entity=given.entity, config={}))
result["upsert"] = task.attempt(lambda: api.upsert_run_queue("q", {}, "local-process", entity=given.entity))
result["jobs"] = task.attempt(lambda: api.list_jobs(given.entity, "launched"))
result["project"] = api.project("launched", given.entity).name
task.answer(result)
