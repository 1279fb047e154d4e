"""registry_reader.py - what another member of the organisation sees of its registries."""

import task
import wandb

given = task.parameters()
task.answer([each.name for each in wandb.Api().registries(given.org)])
