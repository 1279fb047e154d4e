"""people_refused.py - what the administrator of a team is told who asks for what cannot be."""

import task
import wandb

given = task.parameters()
team = wandb.Api().create_team(given.team)
result = {"unknown": task.attempt(team.invite, "nobody-of-this-name")}
result["invited"] = [task.attempt(team.invite, given.other) for _ in range(2)]
member = next(each for each in wandb.Api().team(given.team).members if each.username == given.other)
result["removed"] = [task.attempt(member.delete) for _ in range(2)]
team.name = "team-of-others"
result["service"] = task.attempt(team.create_service_account, "robot")
task.answer(result)
