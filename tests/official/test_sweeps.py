"""Sweeps with the unmodified official client: functions, programs, its command line, its own controller."""

from __future__ import annotations

import json
import re
import time

import pytest

from tests.official.client import AGES, SCRIPTS, venv_of

NEWEST = AGES[0]
PROGRAM = str(SCRIPTS / "sweep_program.py")
STATE = "query Q($e: String!, $p: String!, $s: String!) { project(name: $p, entityName: $e) { sweep(sweepName: $s) { state runs { edges { node { name state config } } } agents { edges { node { name } } } } } }"


def sweep_of(client, project: str, name: str) -> dict:
    return client.server.graphql(STATE, {"e": client.entity, "p": project, "s": name})["project"]["sweep"]


def runs_of(client, project: str, name: str) -> list[tuple]:
    nodes = [edge["node"] for edge in sweep_of(client, project, name)["runs"]["edges"]]
    return sorted((json.loads(node["config"])["x"]["value"], node["state"]) for node in nodes)


def make_by_command(client, project: str, config: dict) -> str:
    """`wandb sweep FILE`; the new sweep's id."""
    file = client.home / f"sweep-{time.monotonic_ns()}.yaml"
    file.write_text(json.dumps(config))
    made = client.wandb("sweep", "--project", project, file)
    found = re.search(r"sweep with ID:\s*\S*?([a-z0-9]{8})\b", made.stdout + made.stderr)
    assert made.returncode == 0 and found, made.stdout + made.stderr
    return found[1]


# ---- a function ----


def work_by_function(client):
    answer = client.script("sweep_function", entity=client.entity, project="searches", method="grid", count=3)
    return {**answer, "after": sweep_of(client, "searches", answer["id"])["state"]}


@pytest.fixture
def worked(lab, age) -> dict:
    return lab.outcome(age, work_by_function)


def test_function_agent__tries_the_whole_grid(worked):
    assert sorted(worked["seen"]) == [[1, 0.5], [2, 0.5], [3, 0.5]]
    assert [each[1] for each in worked["runs"][:3]].count("finished") >= 2  # the last may still be sending


def test_public_api__reads_the_sweep(worked):
    assert worked["best"]["config"]["x"] == 2 and worked["best"]["loss"] == pytest.approx(0.5 + 1 / 3)
    assert (worked["order"], worked["expected"]) == ("+summary_metrics.loss", 3)
    assert worked["config"]["parameters"]["opt"] == {"parameters": {"lr": {"value": 0.5}}}
    assert worked["name"] == "by function"
    assert worked["url"].endswith(f"/searches/sweeps/{worked['id']}") and worked["id"] in worked["listed"]
    assert all("-sweep-" in name and sweep == worked["id"] for name, _, _, sweep in worked["runs"])


# ---- the command line ----


def work_by_command(client):
    """Two agents side by side, then the commands that change a sweep's state."""
    config = {"method": "grid", "program": PROGRAM, "metric": {"name": "loss"}, "parameters": {"x": {"values": [1, 2, 3]}}}
    name = make_by_command(client, "commands", config)
    path = f"{client.entity}/commands/{name}"
    agents = [client.start("sweep_agent", sweep=path) for _ in range(2)]
    statuses = [agent.wait() for agent in agents]
    answer = {"statuses": statuses, "runs": runs_of(client, "commands", name), "after": sweep_of(client, "commands", name)["state"]}
    other = f"{client.entity}/commands/" + make_by_command(client, "commands", config)
    states = []
    for option in ("--pause", "--resume", "--stop", "--resume", "--cancel"):
        done = client.wandb("sweep", option, other)
        states.append((option, done.returncode, sweep_of(client, "commands", other.rsplit("/", 1)[1])["state"]))
    return {**answer, "states": states}


@pytest.fixture
def commanded(lab, age) -> dict:
    return lab.outcome(age, work_by_command)


def test_agents_side_by_side__share_the_grid_and_end(commanded):
    assert commanded["statuses"] == [0, 0]
    assert commanded["runs"] == [(1, "finished"), (2, "finished"), (3, "finished")]
    assert commanded["after"] == "FINISHED"


def test_commands__change_the_state(commanded):
    assert commanded["states"] == [
        ("--pause", 0, "PAUSED"),
        ("--resume", 0, "RUNNING"),
        ("--stop", 0, "FINISHED"),
        ("--resume", 0, "RUNNING"),
        ("--cancel", 0, "CANCELED"),
    ]


# ---- mistakes ----


@pytest.mark.parametrize("age", [NEWEST])
def test_impossible_config__is_told_in_the_servers_words(lab, age):
    client = lab.client(age)
    file = client.home / "bad.yaml"
    file.write_text("method: random\nparameters:\n  lr: {distribution: log_uniform_values, min: 0, max: 1}\n")
    made = client.wandb("sweep", "--project", "bad", file)
    assert made.returncode != 0
    assert "parameters.lr: min is 0, but log_uniform_values needs one above 0" in made.stdout + made.stderr


# ---- an agent that dies ----


def wait_for_states(client, name: str, states: list[str], limit_s: float = 40) -> None:
    """The client streams every 15 s: what it says of a run may take as long to arrive."""
    limit = time.monotonic() + limit_s
    while [state for _, state in sorted(runs_of(client, "killed", name))] != states:
        assert time.monotonic() < limit, runs_of(client, "killed", name)
        time.sleep(0.1)


def test_killed_agent__gives_its_run_back(make_server, make_client):
    server = make_server("--crash-after-s", "2")
    client = make_client(NEWEST, server)
    config = {"method": "grid", "program": PROGRAM, "parameters": {"x": {"values": [5]}, "pause": {"value": 60}}}
    name = make_by_command(client, "killed", config)
    started = client.start("sweep_agent", sweep=f"{client.entity}/killed/{name}")
    started.wait_for("logged")
    wait_for_states(client, name, ["running"])
    started.kill()
    with server.database() as database:
        database.execute("update sweep_agents set heartbeat_at = heartbeat_at - 60000")
    wait_for_states(client, name, ["crashed"])
    second = client.start("sweep_agent", sweep=f"{client.entity}/killed/{name}")
    second.wait_for("logged")
    wait_for_states(client, name, ["crashed", "running"])
    told = client.script("sweep_agents", sweep=f"{client.entity}/killed/{name}", enqueue=True)
    assert sorted((agent["state"], agent["runs"]) for agent in told["agents"]) == [("LOST", [5]), ("RUNNING", [5])]
    assert told["queued"] and 77 in told["runs"]
    second.kill()


# ---- the client's own search ----

needs_search = pytest.mark.skipif(
    not (venv_of("sweeps") / "bin" / "wandb").exists(), reason="tests/official/setup.sh has not made the environment yet"
)


@needs_search
def test_local_controller__searches_on_its_own(server, make_user, make_client):
    user = make_user()
    client = make_client("sweeps", server, user.name, user.key)
    started = client.start("sweep_controller", entity=user.name, project="local", program=PROGRAM)
    started.wait_for("sweep ")
    name = re.search(r"sweep ([a-z0-9]{8})$", started.text, re.M)[1]
    agent = client.start("sweep_agent", sweep=f"{user.name}/local/{name}")
    result = started.wait()
    assert agent.wait() == 0
    assert sorted(result["runs"]) == [[1, "finished"], [2, "finished"]]
    assert sweep_of(client, "local", name)["state"] == "FINISHED"


@needs_search
def test_local_scheduler__queues_what_agents_run(server, make_user, make_client):
    user = make_user()
    client = make_client("sweeps", server, user.name, user.key)
    config = {"method": "random", "program": PROGRAM, "scheduler": {"engine": "wandb"}, "metric": {"name": "loss", "goal": "minimize"},
              "parameters": {"x": {"min": 1, "max": 1000}}, "run_cap": 2}  # fmt: skip
    name = make_by_command(client, "scheduled", config)
    scheduler = client.start("sweep_scheduler", sweep=f"{user.name}/scheduled/{name}")
    agent = client.start("sweep_agent", sweep=f"{user.name}/scheduled/{name}")
    status, output = scheduler.wait()
    assert status == 0, output
    assert agent.wait() == 0
    sweep = sweep_of(client, "scheduled", name)
    runs = {edge["node"]["name"]: edge["node"]["state"] for edge in sweep["runs"]["edges"]}
    assert sweep["state"] == "FINISHED" and list(runs.values()).count("finished") >= 2
    assert set(runs) == set(re.findall(r"Enqueued run (\w+)", output))
