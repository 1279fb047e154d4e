"""sweep_function.py - makes a sweep, works for it with a function, and reads it back."""

import task
import wandb

given = task.parameters()
seen = []


def train():
    run = wandb.init()
    x, lr = run.config["x"], run.config["opt"]["lr"]
    seen.append([x, lr])
    for n in range(3):
        run.log({"loss": (x - 2) ** 2 + lr + 1 / (n + 1)})
    run.finish()


config = {
    "method": given.method,
    "name": "by function",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"x": {"values": [1, 2, 3]}, "opt": {"parameters": {"lr": {"value": 0.5}}}},
}
sweep_id = wandb.sweep(config, project=given.project)
wandb.agent(sweep_id, function=train, project=given.project, count=given.count)

api = wandb.Api()
sweep = api.sweep(f"{given.entity}/{given.project}/{sweep_id}")
best = sweep.best_run()
listed = [each.id for each in api.project(given.project, entity=given.entity).sweeps()]
task.answer(
    {
        "id": sweep_id,
        "seen": seen,
        "state": sweep.state,
        "config": sweep.config,
        "order": sweep.order,
        "expected": sweep.expected_run_count,
        "url": sweep.url,
        "name": sweep.name,
        "best": {"config": dict(best.config), "loss": best.summary["loss"]},
        "runs": [[run.name, run.state, run.config["x"], run.sweep and run.sweep.id] for run in sweep.runs],
        "listed": listed,
    }
)
