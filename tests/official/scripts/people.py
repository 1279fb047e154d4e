"""people.py - users, teams, members, service accounts and keys, through the client's own API."""

import task
import wandb

given = task.parameters()
api = wandb.Api()
result = {}

created = api.create_user("newcomer@example.org")
result["created"] = [created.username, created.email]
team = task.attempt(lambda: api.create_team("crew"))
result["team"] = team if isinstance(team, dict) else [team.name, [[m.username, m.account_type] for m in team.members]]
team = api.team("crew")
result["invited"] = [task.attempt(team.invite, created.username), task.attempt(team.invite, "stranger@example.org", admin=True)]
result["service"] = task.attempt(team.create_service_account, "nightly builds")
if not isinstance(result["service"], (dict, type(None))):
    result["service"] = [result["service"].account_type, result["service"].username]
again = wandb.Api().team("crew")
result["members"] = sorted([member.account_type, member.email or ""] for member in again.members)
removed = [task.attempt(member.delete) for member in again.members if member.email == "newcomer@example.org"]
result["removed"] = [removed, sorted(member.account_type for member in wandb.Api().team("crew").members)]

user = wandb.Api().user(given.username)
before = set(user.api_keys)
result["user"] = [user.username, sorted(user.teams), len(user.api_keys)]
key = task.attempt(user.generate_api_key, "of the test")
result["key_made"] = [isinstance(key, str) and len(key) >= 40, len(wandb.Api().user(given.username).api_keys)]
if isinstance(key, str):
    result["key_works"] = task.attempt(lambda: wandb.Api(api_key=key).viewer.username)
    result["as_user"] = task.attempt(lambda: user.user_api.viewer.username)
    fresh = wandb.Api().user(given.username)
    made = next(each for each in fresh.api_keys if each not in before)
    result["key_gone"] = [fresh.delete_api_key(made), len(wandb.Api().user(given.username).api_keys)]
result["nobody"] = wandb.Api().user("nobody@example.org")

with wandb.init(project="people", id="r") as run:
    print("a line")
    artifact = wandb.Artifact("a", type="t")
    with artifact.new_file("a.txt") as file:
        file.write("a")
    run.log({"x": 1})
    run.log_artifact(artifact).wait()
    run.link_artifact(artifact, f"{given.username}/people/shelf")
found = wandb.Api().run(f"{given.username}/people/r")
result["console"] = task.attempt(lambda: [line.line if hasattr(line, "line") else str(line) for line in found.console_logs()])
version = wandb.Api().artifact(f"{given.username}/people/shelf:latest")
result["linked"] = [task.attempt(lambda: bool(version.linked_at)), task.attempt(lambda: version.history_step), version.source_qualified_name]
task.answer(result)
