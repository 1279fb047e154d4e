"""Sweeps over GraphQL: made, checked, searched by agents, paused, stopped, and what becomes of lost runs."""

from __future__ import annotations

import itertools
import json
import threading

import pytest

from tests.conftest import User
from tests.support.server import GraphQLError

UPSERT = """mutation($input: UpsertSweepInput!) { upsertSweep(input: $input) {
    sweep { id name state } configValidationWarnings } }"""
CREATE_AGENT = "mutation($input: CreateAgentInput!) { createAgent(input: $input) { agent { id name } } }"
HEARTBEAT = "mutation($id: ID!, $runState: JSONString) { agentHeartbeat(input: {id: $id, runState: $runState}) { agent { id } commands } }"
UPSERT_RUN = """mutation($input: UpsertBucketInput!) { upsertBucket(input: $input) {
    inserted bucket { id name state sweepName displayName } } }"""
SWEEP = """query($name: String!) { project(name: "p") { sweep(sweepName: $name) { id name displayName method state config
    bestLoss runCount runCountExpected scheduler controller priorRuns { edges { node { name } } }
    runs { edges { node { name state config sweepName shouldStop sweep { name } } } }
    agents { edges { node { id name host state totalRuns } } } } } }"""

GRID = {"method": "grid", "parameters": {"x": {"values": [1, 2, 3]}, "opt": {"values": ["sgd", "adam"]}}}


class Sweep:
    """A sweep of one user, and what its agents and runs do."""

    def __init__(self, user: User, config: dict | str, **more):
        self.user = user
        text = config if isinstance(config, str) else json.dumps(config)
        answer = user.graphql(UPSERT, {"input": {"config": text, "projectName": "p", **more}})["upsertSweep"]
        self.warnings = answer["configValidationWarnings"]
        self.id, self.name = answer["sweep"]["id"], answer["sweep"]["name"]

    def agent(self) -> str:
        values = {"host": "h", "projectName": "p", "sweep": self.name}
        return self.user.graphql(CREATE_AGENT, {"input": values})["createAgent"]["agent"]["id"]

    def beat(self, agent: str, *running: str) -> list[dict]:
        state = json.dumps({name: True for name in running})
        return json.loads(self.user.graphql(HEARTBEAT, {"id": agent, "runState": state})["agentHeartbeat"]["commands"])

    def begin(self, command: dict) -> None:
        values = {"name": command["run_id"], "modelName": "p", "sweep": self.name, "config": json.dumps(command["args"])}
        answer = self.user.graphql(UPSERT_RUN, {"input": values})["upsertBucket"]
        assert answer["inserted"] is False and answer["bucket"]["sweepName"] == self.name
        assert answer["bucket"]["state"] == "running", "from its init on, not from its first row"

    def log(self, run: str, rows: list[dict], first: int = 0) -> dict:
        files = {"wandb-history.jsonl": {"offset": first, "content": [json.dumps({"_step": first + n, **row}) for n, row in enumerate(rows)]}}
        if rows:
            files["wandb-summary.json"] = {"offset": 0, "content": [json.dumps(rows[-1])]}
        return self.user.server.file_stream(self.user.name, "p", run, {"files": files}, key=self.user.key).json()

    def end(self, run: str, exit_code: int = 0) -> None:
        body = {"files": {}, "complete": True, "exitcode": exit_code}
        self.user.server.file_stream(self.user.name, "p", run, body, key=self.user.key)

    def run_whole(self, agent: str, rows=lambda args: [], exit_code: int = 0) -> dict | None:
        """One run from command to end; its arguments, or None when the agent was told something else."""
        commands = self.beat(agent)
        if not commands or commands[0]["type"] != "run":
            return None
        command = commands[0]
        values = {key: each["value"] for key, each in command["args"].items()}
        self.begin(command)
        assert self.beat(agent, command["run_id"]) == []
        self.log(command["run_id"], rows(values))
        self.end(command["run_id"], exit_code)
        return values

    def read(self) -> dict:
        return self.user.graphql(SWEEP, {"name": self.name})["project"]["sweep"]

    def set_state(self, state: str) -> None:
        self.user.graphql(UPSERT, {"input": {"id": self.id, "state": state}})

    def silence(self, agent: str) -> None:
        """As if the agent had not asked for a minute."""
        name = self.user.graphql("query($n: String!, $a: String!) { project(name: \"p\") { sweep(sweepName: $n) { agent(agentName: $a) { name } } } }",
                                 {"n": self.name, "a": agent})["project"]["sweep"]["agent"]["name"]  # fmt: skip
        with self.user.server.database() as database:
            database.execute(f"update sweep_agents set heartbeat_at = heartbeat_at - 60000 where name = '{name}'")


# ---- making ----


def test_sweep__reads_back_as_it_was_made(user):
    text = "method: grid\nname: my sweep\nmetric:\n  goal: minimize\n  name: loss\nparameters:\n  x:\n    values: [1, 2]\n"
    sweep = Sweep(user, text, displayName=None)
    read = sweep.read()
    assert (read["name"], read["state"], read["method"], read["config"]) == (sweep.name, "RUNNING", "grid", text)
    assert (read["displayName"], read["runCount"], read["runCountExpected"], read["bestLoss"]) == ("my sweep", 0, 2, None)
    user.graphql(UPSERT, {"input": {"id": sweep.id, "displayName": "better"}})
    assert sweep.read()["displayName"] == "better"


def test_nested_grid__counts_all_points(user):
    config = {"method": "grid", "parameters": {"a": {"parameters": {"b": {"values": [1, 2]}, "c": {"min": 1, "max": 3}}}, "d": {"value": 5}}}
    sweep = Sweep(user, config)
    assert sweep.read()["runCountExpected"] == 6
    assert sweep.beat(sweep.agent())[0]["args"] == {"a": {"value": {"b": 1, "c": 1}}, "d": {"value": 5}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "annealing"}, "method: must be grid, random or bayes, got 'annealing'"),
        ({"parameters": {}}, "parameters: must be an object with at least one parameter"),
        ({"parameters": {"x": {"min": 2.0, "max": 1.0}}}, "parameters.x: min is 2 and max is 1: min must not be above max"),
        ({"parameters": {"x": {"distribution": "lognormal"}}}, "parameters.x: there is no distribution 'lognormal'"),
        ({"parameters": {"o": {"parameters": {"lr": {"min": 0, "max": 1, "distribution": "log_uniform_values"}}}}},
         "parameters.o.lr: min is 0, but log_uniform_values needs one above 0"),
        ({"parameters": {"x": {"values": [1, 2], "probabilities": [0.5, 0.6]}}}, "parameters.x: probabilities must add up to 1, got 1.1"),
        ({"parameters": {"x": {"distribution": "normal", "sigma": -1}}}, "parameters.x: sigma is -1, but must not be negative"),
        ({"method": "grid", "parameters": {"x": {"min": 0.0, "max": 1.0}}}, "a grid needs value, values, int_uniform or q_uniform"),
        ({"method": "bayes", "parameters": {"x": {"min": 0.0, "max": 1.0}}}, "metric: bayes needs one to improve"),
        ({"metric": {"name": "l", "goal": "smaller"}}, "metric.goal: must be minimize or maximize"),
        ({"run_cap": 0}, "run_cap: must be a whole number of at least 1"),
        ({"early_terminate": {"type": "hyperband"}}, "early_terminate: needs min_iter, or max_iter and s"),
    ],
    ids=str,
)  # fmt: skip
def test_impossible_config__is_an_error_with_its_path(user, change, message):
    with pytest.raises(GraphQLError) as caught:
        Sweep(user, {**GRID, "method": "random", **change})
    assert caught.value.code == "BAD_USER_INPUT" and message in str(caught.value)


def test_what_is_not_used__is_a_warning(user):
    config = {**GRID, "colour": "red", "parameters": {"x": {"values": [1], "mu": 3}}}
    assert Sweep(user, config).warnings == ["parameters.x: 'mu' is not used here", "colour is not used"]


# ---- the grid ----


def test_grid__is_tried_whole_and_once_then_finished(user):
    sweep = Sweep(user, GRID)
    agent = sweep.agent()
    seen = [sweep.run_whole(agent) for _ in range(6)]
    assert sorted((each["x"], each["opt"]) for each in seen) == sorted(itertools.product([1, 2, 3], ["sgd", "adam"]))
    assert sweep.read()["state"] == "RUNNING"
    assert sweep.beat(agent) == [{"type": "exit"}]
    read = sweep.read()
    assert read["state"] == "FINISHED" and read["runCount"] == 6
    assert {edge["node"]["sweep"]["name"] for edge in read["runs"]["edges"]} == {sweep.name}
    assert read["agents"]["edges"][0]["node"] | {"id": 0, "name": 0} == {"id": 0, "name": 0, "host": "h", "state": "FINISHED", "totalRuns": 6}


@pytest.mark.parametrize("method", ["grid", "random", "bayes"])
def test_many_agents__never_get_the_same(user, method):
    config = {"method": method, "metric": {"name": "loss"}, "run_cap": 40, "parameters": {"x": {"min": 1, "max": 40}, "y": {"value": 1}}}
    sweep, seen, faults = Sweep(user, config), [], []

    def work():
        try:
            agent = sweep.agent()
            while (values := sweep.run_whole(agent, lambda args: [{"loss": (args["x"] - 7) ** 2}])) is not None:
                seen.append(values["x"])
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == [] and len(seen) == 40
    numbers = len({edge["node"]["name"] for edge in sweep.read()["runs"]["edges"]})
    assert numbers == 40
    if method != "random":  # draws repeat what has ended, or they were no draws
        assert sorted(seen) == list(range(1, 41))


def test_edited_grid__tries_only_what_is_new(user):
    sweep = Sweep(user, {"method": "grid", "parameters": {"x": {"values": [1, 2]}}})
    agent = sweep.agent()
    assert [sweep.run_whole(agent)["x"] for _ in range(2)] == [1, 2]
    config = json.dumps({"method": "grid", "parameters": {"x": {"values": [0, 1, 2, 3]}}})
    user.graphql(UPSERT, {"input": {"id": sweep.id, "config": config}})
    assert [sweep.run_whole(agent)["x"] for _ in range(2)] == [0, 3]
    assert sweep.beat(agent) == [{"type": "exit"}]


# ---- random and bayes ----


def test_seed__makes_the_same_suggestions_again(user):
    config = {"method": "random", "seed": 7, "parameters": {"x": {"min": 0.0, "max": 1.0}, "n": {"distribution": "q_normal", "q": 2}}}
    first, second, third = Sweep(user, config), Sweep(user, config), Sweep(user, {**config, "seed": 8})
    draws = [[sweep.run_whole(agent) for _ in range(5)] for sweep in (first, second, third) for agent in [sweep.agent()]]
    assert draws[0] == draws[1] != draws[2]
    assert all(isinstance(each["n"], int) and each["n"] % 2 == 0 for each in draws[0])


def test_bayes__finds_the_optimum_and_says_how_good_it_is(user):
    config = {
        "method": "bayes", "seed": 3, "run_cap": 25, "metric": {"name": "val.acc", "goal": "maximize"},
        "parameters": {"x": {"min": -5.0, "max": 5.0}, "kind": {"values": ["bad", "good"]}},
    }  # fmt: skip
    sweep = Sweep(user, config)
    agent, values = sweep.agent(), []
    def rows(args):
        values.append(-((args["x"] - 2) ** 2) - (args["kind"] == "bad"))
        return [{"val": {"acc": values[-1] - 1}}, {"val": {"acc": values[-1]}}]
    while sweep.run_whole(agent, rows):
        pass
    assert len(values) == 25 and max(values) > -0.01
    read = sweep.read()
    assert read["state"] == "FINISHED" and read["bestLoss"] == pytest.approx(max(values), abs=1e-12)


def test_bayes__goes_on_when_runs_fail_or_give_no_number(user):
    config = {"method": "bayes", "metric": {"name": "loss"}, "run_cap": 14, "parameters": {"x": {"min": 0.0, "max": 1.0}}}
    sweep = Sweep(user, config)
    agent, count = sweep.agent(), 0
    outcomes = itertools.cycle([("nan", 0), (None, 1), (0.5, 0), (0.25, 1)])
    for value, exit_code in itertools.islice(outcomes, 14):
        rows = [] if value is None else [{"loss": float(value)}]
        count += sweep.run_whole(agent, lambda args, rows=rows: rows, exit_code) is not None
    assert count == 14 and sweep.read()["bestLoss"] == 0.25
    assert sweep.beat(agent) == [{"type": "exit"}]


def test_prior_runs__belong_to_the_sweep_and_are_not_tried_again(user):
    for name, x in (("old-1", 1), ("old-2", 2), ("other", 3)):
        user.graphql(UPSERT_RUN, {"input": {"name": name, "modelName": "p", "config": json.dumps({"x": {"value": x}})}})
    sweep = Sweep(user, {"method": "grid", "parameters": {"x": {"values": [1, 2, 3]}}},
                  priorRunsFilters=json.dumps({"$or": [{"name": "old-1"}, {"name": "old-2"}]}))  # fmt: skip
    agent = sweep.agent()
    assert sweep.run_whole(agent) == {"x": 3}
    read = sweep.read()
    assert sorted(edge["node"]["name"] for edge in read["priorRuns"]["edges"]) == ["old-1", "old-2"]
    assert read["runCount"] == 3 and sweep.warnings == []


def test_prior_runs__that_are_not_there_are_warned_of(user):
    sweep = Sweep(user, GRID, priorRunsFilters=json.dumps({"$or": [{"name": "misspelt"}]}))
    assert sweep.warnings == ["no run of this project is among the prior runs that were asked for"]
    assert sweep.read()["runCount"] == 0


PRIOR_RUNS = """query($name: String!, $first: Int, $after: String) { project(name: "p") { sweep(sweepName: $name) { runCount
    priorRuns(first: $first, after: $after) { totalCount pageInfo { endCursor hasNextPage } edges { node { name } } } } } }"""
IMPORTED = 1100  # more than one portion


def test_prior_runs__may_be_many_and_come_in_pages(user):
    old = [f"old-{n}" for n in range(IMPORTED)]
    for n, name in enumerate(old):
        user.graphql(UPSERT_RUN, {"input": {"name": name, "modelName": "p", "config": json.dumps({"x": {"value": n}})}})
    config = {"method": "grid", "metric": {"name": "loss"}, "parameters": {"x": {"values": list(range(IMPORTED + 1))}}}
    sweep = Sweep(user, config, priorRunsFilters="{}")
    assert sweep.run_whole(sweep.agent()) == {"x": IMPORTED}, "all others were tried before"
    names, after = [], None
    for size in (700, 700):
        read = user.graphql(PRIOR_RUNS, {"name": sweep.name, "first": size, "after": after})["project"]["sweep"]
        names += [edge["node"]["name"] for edge in read["priorRuns"]["edges"]]
        after = read["priorRuns"]["pageInfo"]["endCursor"]
        assert read["priorRuns"]["totalCount"] == IMPORTED and read["runCount"] == IMPORTED + 1
        assert read["priorRuns"]["pageInfo"]["hasNextPage"] is (len(names) < IMPORTED)
    assert names == old


# ---- ends ----


def test_pause_and_resume__hold_new_runs_back(user):
    sweep = Sweep(user, GRID)
    agent = sweep.agent()
    sweep.set_state("PAUSED")
    assert sweep.beat(agent) == [] and sweep.read()["state"] == "PAUSED"
    sweep.set_state("RUNNING")
    assert sweep.beat(agent)[0]["type"] == "run"


def test_stop__lets_runs_end_and_sends_agents_home(user):
    sweep = Sweep(user, GRID)
    agent, idle = sweep.agent(), sweep.agent()
    command = sweep.beat(agent)[0]
    sweep.begin(command)
    sweep.set_state("FINISHED")
    assert sweep.beat(agent, command["run_id"]) == []
    assert sweep.beat(idle) == [{"type": "exit"}]
    sweep.end(command["run_id"])
    assert sweep.beat(agent) == [{"type": "exit"}]
    assert sweep.read()["runs"]["edges"][0]["node"]["state"] == "finished"


def test_cancel__stops_runs_on_both_ways(user):
    sweep = Sweep(user, GRID)
    agent = sweep.agent()
    command = sweep.beat(agent)[0]
    sweep.begin(command)
    sweep.set_state("CANCELED")
    assert sweep.log(command["run_id"], [{"loss": 1}]) == {"stopped": True}
    assert sweep.beat(agent, command["run_id"]) == [{"type": "stop", "run_id": command["run_id"]}]
    sweep.end(command["run_id"], 255)
    assert sweep.beat(agent) == [{"type": "exit"}]
    assert sweep.read()["runs"]["edges"][0]["node"]["state"] == "killed"


def test_deleted_sweep__sends_agents_home_and_keeps_runs(user):
    sweep = Sweep(user, GRID)
    agent = sweep.agent()
    sweep.run_whole(agent)
    user.graphql("mutation($id: ID!) { deleteSweep(input: {id: $id}) { success } }", {"id": sweep.id})
    assert sweep.read() is None
    assert sweep.beat(agent) == [{"type": "exit"}]
    assert user.graphql('{ project(name: "p") { totalSweeps runCount } }')["project"] == {"totalSweeps": 0, "runCount": 1}


def test_run_cap_and_target__end_the_sweep(user):
    capped = Sweep(user, {"method": "random", "run_cap": 2, "parameters": {"x": {"min": 0.0, "max": 1.0}}})
    agent = capped.agent()
    assert capped.run_whole(agent) and capped.run_whole(agent)
    assert capped.beat(agent) == [{"type": "exit"}] and capped.read()["state"] == "FINISHED"
    config = {"method": "random", "metric": {"name": "loss", "target": 0.1}, "parameters": {"x": {"min": 0.0, "max": 1.0}}}
    aimed = Sweep(user, config)
    agent = aimed.agent()
    assert aimed.run_whole(agent, lambda _: [{"loss": 0.11}])
    assert aimed.run_whole(agent, lambda _: [{"loss": 0.1}, {"loss": 5}])
    assert aimed.beat(agent) == [{"type": "exit"}]


# ---- Hyperband ----


def test_hyperband__stops_what_lags_behind(user):
    config = {
        "method": "random", "metric": {"name": "loss"}, "parameters": {"x": {"min": 0.0, "max": 1.0}},
        "early_terminate": {"type": "hyperband", "min_iter": 2, "eta": 2},
    }  # fmt: skip
    sweep = Sweep(user, config)
    agents = [sweep.agent() for _ in range(3)]
    runs = []
    for agent, loss in zip(agents, (1.0, 2.0, 9.0), strict=True):
        command = sweep.beat(agent)[0]
        sweep.begin(command)
        sweep.log(command["run_id"], [{"loss": 10.0}, {"loss": loss}])
        runs.append(command["run_id"])
    with user.server.database() as database:
        database.execute("update sweeps set checked_at = 0")
    told = {agent: sweep.beat(agent, run) for agent, run in zip(agents, runs, strict=True)}
    assert told[agents[2]] == [{"type": "stop", "run_id": runs[2]}]
    assert told[agents[0]] == told[agents[1]] == []
    assert sweep.log(runs[2], [{"loss": 9.0}], first=2) == {"stopped": True}


# ---- agents that die ----


def test_run_never_begun__goes_to_another_agent(user):
    sweep = Sweep(user, GRID)
    dead, alive = sweep.agent(), sweep.agent()
    lost = sweep.beat(dead)[0]
    assert sweep.beat(alive)[0]["run_id"] != lost["run_id"]
    sweep.silence(dead)
    third = sweep.agent()
    again = sweep.beat(third)[0]
    assert (again["run_id"], again["args"]) == (lost["run_id"], lost["args"])
    assert sweep.beat(dead, lost["run_id"]) == [{"type": "stop", "run_id": lost["run_id"]}]


def test_run_lost_with_its_agent__is_tried_again_as_another_run(make_server):
    user = User(make_server("--crash-after-s", "1"), "someone")
    sweep = Sweep(user, {"method": "grid", "parameters": {"x": {"values": [1]}}})
    dead = sweep.agent()
    command = sweep.beat(dead)[0]
    sweep.begin(command)
    sweep.silence(dead)
    for _ in range(100):
        if sweep.read()["runs"]["edges"][0]["node"]["state"] == "crashed":
            break
        threading.Event().wait(0.1)
    agent = sweep.agent()
    again = sweep.beat(agent)[0]
    assert again["args"] == command["args"] and again["run_id"] != command["run_id"]
    sweep.begin(again)
    sweep.end(again["run_id"])
    assert sweep.beat(agent) == [{"type": "exit"}]
    assert sweep.read()["state"] == "FINISHED"


def test_answer_that_got_lost__is_given_again_once(user):
    sweep = Sweep(user, GRID)
    agent = sweep.agent()
    first, second, third = (sweep.beat(agent)[0] for _ in range(3))
    assert first["run_id"] == second["run_id"] != third["run_id"]
    states = {edge["node"]["name"]: edge["node"]["state"] for edge in sweep.read()["runs"]["edges"]}
    assert states == {first["run_id"]: "failed", third["run_id"]: "pending"}


def test_preempted_run__is_resumed(user):
    sweep = Sweep(user, GRID)
    agent, other = sweep.agent(), sweep.agent()
    command = sweep.beat(agent)[0]
    sweep.begin(command)
    sweep.user.server.file_stream(user.name, "p", command["run_id"], {"files": {}, "preempting": True}, key=user.key)
    sweep.end(command["run_id"], 1)
    assert sweep.beat(other)[0]["run_id"] != command["run_id"]
    assert [(each["type"], each["run_id"]) for each in sweep.beat(agent)] == [("resume", command["run_id"])]


# ---- a controller on the client's side, and runs that are asked for ----


def test_local_controller__has_its_suggestions_run(user):
    config = {"method": "custom", "controller": {"type": "local"}, "parameters": {"x": {"values": [1]}}}
    sweep = Sweep(user, config)
    agent = sweep.agent()
    assert sweep.beat(agent) == []
    write = lambda **state: user.graphql(UPSERT, {"input": {"id": sweep.id, "config": json.dumps(config), "controller": json.dumps(state)}})  # noqa: E731
    write(schedule=[{"id": "first", "data": {"args": {"x": {"value": 41}}}}])
    command = sweep.beat(agent)[0]
    assert command["args"] == {"x": {"value": 41}}
    assert json.loads(sweep.read()["scheduler"]) == {"scheduled": [{"id": "first", "runid": command["run_id"]}]}
    sweep.begin(command)
    write(schedule=[], earlystop=[command["run_id"]])
    assert sweep.beat(agent, command["run_id"]) == [{"type": "stop", "run_id": command["run_id"]}]
    sweep.end(command["run_id"], 1)
    write(schedule=[{"id": "last", "data": {"args": None}}])
    assert sweep.beat(agent) == [{"type": "exit"}] and sweep.read()["state"] == "FINISHED"


ADVICE = """query($name: String!) { project(name: "p") { sweep(sweepName: $name) { suggestion runsToStop } } }"""


class Steered(Sweep):
    """With a controller on the client's side that does what the server advises."""

    def __init__(self, user: User, config: dict):
        self.config = {**config, "controller": {"type": "local"}}
        super().__init__(user, self.config)
        self.count = 0

    def advice(self) -> dict:
        return self.user.graphql(ADVICE, {"name": self.name})["project"]["sweep"]

    def write(self, **state) -> None:
        self.user.graphql(UPSERT, {"input": {"id": self.id, "config": json.dumps(self.config), "controller": json.dumps(state)}})

    def run_advised(self, agent: str, rows) -> dict | None:
        suggestion = self.advice()["suggestion"]
        if suggestion is None:
            return None
        self.count += 1
        self.write(schedule=[{"id": f"s{self.count}", "data": {"args": json.loads(suggestion)}}])
        return self.run_whole(agent, rows)


@pytest.mark.parametrize("method", ["grid", "random", "bayes"])
def test_local_controller__is_advised_what_the_server_would_try_itself(user, method):
    parameters = {"x": {"values": [1, 0.1, 1e-5]}, "opt": {"values": ["sgd", "adam"]}}
    config = {"method": method, "seed": 5, "metric": {"name": "loss"}, "parameters": parameters, "run_cap": 6}
    rows = lambda args: [{"loss": args["x"] + len(args["opt"])}]  # noqa: E731
    by_server, by_client = Sweep(user, config), Steered(user, config)
    agents = by_server.agent(), by_client.agent()
    assert by_server.user.graphql(ADVICE, {"name": by_server.name})["project"]["sweep"] == {"suggestion": None, "runsToStop": []}
    assert by_client.advice() == by_client.advice()
    expected = [by_server.run_whole(agents[0], rows) for _ in range(6)]
    assert [by_client.run_advised(agents[1], rows) for _ in range(6)] == expected and None not in expected
    assert (by_client.advice()["suggestion"] is None) == (method == "grid")


def test_local_controller__stops_what_hyperband_would_end_and_the_server_does_not(user):
    early = {"type": "hyperband", "min_iter": 2, "eta": 2}
    sweep = Steered(user, {"method": "random", "metric": {"name": "loss"}, "parameters": {"x": {"min": 0.0, "max": 1.0}}, "early_terminate": early})
    agents, names = [sweep.agent() for _ in range(3)], []
    for loss, agent in enumerate(agents):
        sweep.write(schedule=[{"id": f"s{loss}", "data": {"args": {"x": {"value": 0.5}}}}])
        command = sweep.beat(agent)[0]
        names.append(command["run_id"])
        sweep.begin(command)
        sweep.log(command["run_id"], [{"loss": loss}])
    assert sweep.advice()["runsToStop"] == []
    for loss, name in enumerate(names):
        sweep.log(name, [{"loss": loss}], first=1)
    stops = sweep.advice()["runsToStop"]
    assert stops == [names[2]]
    assert [sweep.beat(agent, name) for agent, name in zip(agents, names)] == [[], [], []]
    sweep.write(earlystop=stops)
    assert sweep.beat(agents[2], names[2]) == [{"type": "stop", "run_id": names[2]}]
    assert sweep.advice()["runsToStop"] == []


def test_enqueued_run__is_the_next_one(user):
    sweep = Sweep(user, GRID)
    query = "mutation($id: ID!, $c: JSONString!, $n: String) { enqueueSweepRun(input: {id: $id, config: $c, displayName: $n}) { id runQueueItemId } }"
    answer = user.graphql(query, {"id": sweep.id, "c": json.dumps({"x": 99, "opt": "lion"}), "n": "by hand"})["enqueueSweepRun"]
    command = sweep.beat(sweep.agent())[0]
    assert command["args"] == {"x": {"value": 99}, "opt": {"value": "lion"}}
    assert command["run_id"] == answer["id"]


def test_scheduler_of_the_client__queues_every_run(user):
    sweep = Sweep(user, {"scheduler": {"engine": "optuna", "source": "space.py"}, "run_cap": 1})
    assert sweep.warnings == []
    query = "query($n: String!) { project(name: \"p\") { sweep(sweepName: $n) { controllerRunName } } }"
    name_of_log = lambda each: user.graphql(query, {"n": each.name})["project"]["sweep"]["controllerRunName"]  # noqa: E731
    assert name_of_log(sweep) == f"{sweep.name}-scheduler" and name_of_log(Sweep(user, GRID)) is None
    agent = sweep.agent()
    assert sweep.run_whole(agent) is None and sweep.read()["state"] == "RUNNING"
    mutation = "mutation($id: ID!, $c: JSONString!) { enqueueSweepRun(input: {id: $id, config: $c}) { id } }"
    queued = user.graphql(mutation, {"id": sweep.id, "c": '{"lr": {"value": 0.5}}'})["enqueueSweepRun"]["id"]
    assert sweep.run_whole(agent) == {"lr": 0.5}
    assert [edge["node"]["name"] for edge in sweep.read()["runs"]["edges"]] == [queued]
    assert sweep.beat(agent) == [{"type": "exit"}] and sweep.read()["state"] == "FINISHED"


# ---- lists, and whose they are ----


def test_sweeps__are_listed_filtered_and_paged(user):
    names = [Sweep(user, GRID).name for _ in range(3)][::-1]
    query = """query($f: JSONString, $n: Int, $a: String) { project(name: "p") { totalSweeps
        sweeps(filters: $f, first: $n, after: $a) { pageInfo { endCursor hasNextPage } edges { node { name } } } } }"""
    listed = lambda **v: [e["node"]["name"] for e in user.graphql(query, v)["project"]["sweeps"]["edges"]]  # noqa: E731
    assert listed() == names
    assert listed(f=json.dumps({"name": names[1]})) == [names[1]]
    page = user.graphql(query, {"n": 2})["project"]
    assert page["totalSweeps"] == 3 and page["sweeps"]["pageInfo"]["hasNextPage"]
    assert listed(n=2, a=page["sweeps"]["pageInfo"]["endCursor"]) == names[2:]
    named = Sweep(user, {**GRID, "name": "by its file"}).name
    assert listed(f=json.dumps({"displayName": "by its file"})) == listed(f=json.dumps({"display_name": {"$regex": "^by its"}})) == [named]
    with pytest.raises(GraphQLError, match="unknown key 'colour' of sweeps"):
        listed(f='{"colour": 1}')


def test_strangers_and_viewers__may_not_make_sweeps_nor_agents(server, make_user):
    owner, stranger, viewer = make_user(), make_user(), make_user()
    team = f"lab-{owner.name}"
    assert server.run_cli("team", "add", team, "--admin", owner.name).returncode == 0
    assert server.run_cli("team", "member", team, viewer.name, "--role", "viewer").returncode == 0
    config = json.dumps(GRID)
    sweep = owner.graphql(UPSERT, {"input": {"config": config, "projectName": "p", "entityName": team}})["upsertSweep"]["sweep"]
    agent = owner.graphql(CREATE_AGENT, {"input": {"host": "h", "entityName": team, "projectName": "p", "sweep": sweep["name"]}})["createAgent"]["agent"]["id"]
    asks = [
        (UPSERT, {"input": {"config": config, "projectName": "p", "entityName": team}}),
        (UPSERT, {"input": {"id": sweep["id"], "state": "PAUSED"}}),
        (CREATE_AGENT, {"input": {"host": "h", "entityName": team, "projectName": "p", "sweep": sweep["name"]}}),
        (HEARTBEAT, {"id": agent, "runState": "{}"}),
        ("mutation($id: ID!) { deleteSweep(input: {id: $id}) { success } }", {"id": sweep["id"]}),
        ("mutation($id: ID!) { enqueueSweepRun(input: {id: $id, config: \"{\\\"x\\\": 1}\"}) { id } }", {"id": sweep["id"]}),
    ]
    for query, variables in asks:
        for asker, code in ((stranger, "NOT_FOUND"), (viewer, "FORBIDDEN")):
            with pytest.raises(GraphQLError) as caught:
                asker.graphql(query, variables)
            assert caught.value.code == code, query
    read = "query($e: String!, $s: String!) { project(name: \"p\", entityName: $e) { sweep(sweepName: $s) { state runCount agents { edges { node { id } } } } } }"
    names = {"e": team, "s": sweep["name"]}
    assert stranger.graphql(read, names)["project"] is None
    assert viewer.graphql(read, names)["project"]["sweep"] == {"state": "RUNNING", "runCount": 0, "agents": {"edges": [{"node": {"id": agent}}]}}
