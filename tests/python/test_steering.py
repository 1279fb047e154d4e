"""test_steering.py - sweeps that a controller steers from Python, with agents beside it."""

from __future__ import annotations

import json

from tests.python.support import config_of, read_run
from tests.support.waiting import wait_until

# Seconds between two looks are for people's servers.
QUICK = """
from barograph import steering, sweeps
steering.STEP_S = sweeps.HEARTBEAT_S = 0.1
"""
AGENT = """
import sys, barograph
def train():
    with barograph.init() as run:
        run.log({"loss": run.config["x"] ** 2})
barograph.agent(sys.argv[1], function=train, project="p")
"""


def agent(scripts, sweep_id: str):
    return scripts.start("import sys\nsys.argv.append(%r)\n" % sweep_id + QUICK + AGENT)


def states(user, sweep_id: str) -> dict:
    query = """query($s: String!, $e: String!) { project(name: "p", entityName: $e) { sweep(sweepName: $s) {
        state runs { edges { node { name state stopped config } } } } } }"""
    return user.graphql(query, {"s": sweep_id, "e": user.name})["project"]["sweep"]


def steered(scripts, code: str) -> tuple:
    """Runs the code, which prints the sweep's id first, with an agent beside it. Answers the id and what it printed last."""
    steering = scripts.start(QUICK + code)
    sweep_id = steering.stdout.readline().strip()
    assert sweep_id, steering.stderr.read()
    working = agent(scripts, sweep_id)
    output, errors = steering.communicate(timeout=60)
    assert steering.returncode == 0, errors
    assert working.wait(60) == 0, working.stderr.read()
    return sweep_id, json.loads(output.splitlines()[-1]) if output.strip() else None


def test_a_grid_is_gone_through_once_and_the_sweep_ends(scripts, user):
    sweep_id, told = steered(scripts, """
import barograph, json
controller = barograph.controller({"method": "grid", "metric": {"name": "loss", "goal": "minimize"},
                                   "parameters": {"x": {"values": [1, 2, 3]}, "y": {"value": "same"}}}, project="p")
print(controller.sweep_id, flush=True)
controller.run(print_status=False)
print(json.dumps([controller.done(), controller.sweep_config["controller"]]))
""")  # fmt: skip
    assert told == [True, {"type": "local"}]
    sweep = states(user, sweep_id)
    runs = [edge["node"] for edge in sweep["runs"]["edges"]]
    assert [(config_of(run)["x"], run["state"]) for run in runs] == [(1, "finished"), (2, "finished"), (3, "finished")]
    assert sweep["state"] == "FINISHED"
    assert {config_of(run)["y"] for run in runs} == {"same"}


def test_functions_search_by_what_the_runs_did_and_stop_them(scripts, user):
    sweep_id, told = steered(scripts, """
import barograph, json
from barograph.steering import SweepRun
def search(config, runs):
    if len(runs) == 3:
        return None
    # Half of the least one.
    return SweepRun(config={"x": {"value": min((run.config["x"]["value"] for run in runs), default=8) / 2}})
asked = []
def stopping(arguments):
    return lambda config, runs: asked.append(arguments) or []
controller = barograph.controller(project="p")
controller.configure_search(search)
controller.configure_stopping(stopping, patience=2)
controller.configure_metric("loss", goal="minimize")
controller.configure_parameter("x", min=0.0, max=8.0)
controller.configure_name("halves")
print(controller.create(), flush=True)
controller.run(print_status=False)
controller.step()
print(json.dumps([[run.summary_metrics["loss"] for run in controller._sweep_runs], asked[0]]))
""")  # fmt: skip
    assert sorted(told[0]) == [1.0, 4.0, 16.0] and told[1] == {"patience": 2}
    runs = states(user, sweep_id)["runs"]["edges"]
    assert sorted(config_of(edge["node"])["x"] for edge in runs) == [1.0, 2.0, 4.0]


def test_a_run_that_is_to_stop_is_stopped(scripts, user):
    sweep_id = scripts.run(QUICK + """
import barograph
controller = barograph.controller({"method": "random", "parameters": {"x": {"min": 0.0, "max": 1.0}}}, project="p")
controller.step()
print(controller.sweep_id)
""").strip()  # fmt: skip
    working = scripts.start("import sys, time\nsys.argv.append(%r)\n" % sweep_id + QUICK + AGENT.replace("run.log(", "time.sleep(60) or run.log("))
    running = lambda: next((e["node"] for e in states(user, sweep_id)["runs"]["edges"] if e["node"]["state"] == "running"), None)  # noqa: E731
    name = wait_until(running)["name"]
    scripts.run(QUICK + f"""
import barograph
controller = barograph.controller({f'p/{sweep_id}'!r})
assert not controller.done()
controller.stop_runs([run for run in controller._sweep_runs if run.name == {name!r}])
controller.schedule(None)
""")  # fmt: skip
    assert working.wait(30) == 0, working.stderr.read()
    assert read_run(user, "p", name)["state"] in ("killed", "failed")
    assert states(user, sweep_id)["state"] == "FINISHED"


def test_what_cannot_be_steered_is_refused(scripts):
    lines = scripts.run("""
        import barograph
        from barograph.errors import Error
        server = barograph.sweep({"method": "grid", "parameters": {"x": {"values": [1]}}}, project="p")
        made = barograph.controller({"method": "grid", "parameters": {"x": {"values": [1]}}}, project="p")
        for wrong in (lambda: barograph.controller(f"p/{server}").step(), lambda: made.configure_name("late"),
                      lambda: barograph.controller({"method": "annealing", "parameters": {"x": {"values": [1]}}}, project="p"),
                      lambda: barograph.controller(project="p").run(), lambda: barograph.controller(5),
                      lambda: barograph.controller("p/nosuchsweep").done()):
            try:
                wrong()
                print("nothing")
            except Error as error:
                print(error)
        """).splitlines()
    assert "its controller is not of type local" in lines[0] and "cannot be configured any more" in lines[1]
    assert "not by 'annealing'" in lines[2] and "create() makes it" in lines[3] and "got int" in lines[4]
    assert "there is no sweep nosuchsweep" in lines[5] and len(lines) == 6


def test_bayes_and_hyperband_are_the_servers(scripts, user):
    sweep_id, told = steered(scripts, """
import barograph, json
controller = barograph.controller(project="p")
controller.configure_search("bayes")
controller.configure_metric("loss", goal="minimize")
controller.configure_stopping("hyperband", min_iter=1, eta=2)
controller.configure_parameter("x", min=-10.0, max=10.0)
print(controller.create(), flush=True)
asked, search = [], controller.search
def counted():
    run = search() if len(asked) < 6 else None
    asked.append(run and run.config["x"]["value"])
    return run
controller.search = counted
controller.run(print_status=False)
print(json.dumps([asked, controller.sweep_config["early_terminate"]]))
""")  # fmt: skip
    asked, early = told
    assert len(set(asked[:6])) == 6 and asked[6] is None and early == {"type": "hyperband", "min_iter": 1, "eta": 2}
    assert all(-10 <= x <= 10 for x in asked[:6])
    runs = [edge["node"] for edge in states(user, sweep_id)["runs"]["edges"]]
    assert sorted(config_of(run)["x"] for run in runs) == sorted(asked[:6])


LASTING_AGENT = AGENT.replace(
    'run.log({"loss": run.config["x"] ** 2})',
    """for step in range(600):
            run.log({"loss": run.config["x"]})
            time.sleep(0.1 if run.config["x"] == 9 else 0)""",
)


def test_hyperband_stops_a_run_that_does_worse(scripts, user):
    steering = scripts.start(QUICK + """
import barograph
controller = barograph.controller({"method": "grid", "metric": {"name": "loss"}, "parameters": {"x": {"values": [1, 2, 9]}},
                                   "early_terminate": {"type": "hyperband", "min_iter": 2, "eta": 2}}, project="p")
print(controller.sweep_id, flush=True)
controller.run(print_status=False, print_actions=True)
""")  # fmt: skip
    sweep_id = steering.stdout.readline().strip()
    working = scripts.start("import sys, time\nsys.argv.append(%r)\n" % sweep_id + QUICK + LASTING_AGENT)
    output, errors = steering.communicate(timeout=120)
    assert steering.returncode == 0, errors
    assert working.wait(60) == 0, working.stderr.read()
    runs = {config_of(edge["node"])["x"]: edge["node"] for edge in states(user, sweep_id)["runs"]["edges"]}
    assert runs[1]["state"] == runs[2]["state"] == "finished" and runs[9]["state"] in ("killed", "failed")
    assert f"Stop ({runs[9]['name']})" in output
