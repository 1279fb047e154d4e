"""sweep_controller.py - searches on the client's side and has the server's agents run what it finds."""

import task
import wandb

given = task.parameters()
config = {
    "method": "grid",
    "program": given.program,
    "controller": {"type": "local"},
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"x": {"values": [1, 2]}},
}
controller = wandb.controller(config, entity=given.entity, project=given.project)
print(f"sweep {controller.sweep_id}", flush=True)
controller.run()
task.answer({"id": controller.sweep_id, "runs": [[run.config["x"]["value"], run.state] for run in controller._sweep_runs]})
