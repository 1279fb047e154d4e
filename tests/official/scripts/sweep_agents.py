"""sweep_agents.py - what the newest client tells of a sweep's agents, and a run that is asked for."""

import task
import wandb

given = task.parameters()
sweep = wandb.Api().sweep(given.sweep)
queued = sweep.enqueue_run({"x": 77}, display_name="asked for") if given.enqueue else None
agents = [
    {"state": agent._attrs["state"], "host": agent._attrs["host"], "runs": [run.config["x"] for run in agent.runs()]}
    for agent in sweep.agents()
]
task.answer({"agents": agents, "queued": queued, "runs": [run.config.get("x") for run in sweep.runs]})
