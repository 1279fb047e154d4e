"""test_sweeps.py - sweeps from Python: a function's agent, a program's agent, a controller."""

from __future__ import annotations

import json

from tests.python.support import config_of, read_run, rows_of


def test_a_function_runs_for_each_point_of_a_grid(scripts, user):
    output = scripts.run("""
        import barograph
        sweep_id = barograph.sweep({"method": "grid", "metric": {"name": "loss", "goal": "minimize"},
                                    "parameters": {"x": {"values": [1, 2, 3]}}}, project="p")
        seen = []
        def train():
            with barograph.init(project="ignored") as run:
                run.config.update({"x": 100, "other": 5})
                run.log({"loss": run.config.x * 2})
                seen.append((run.id, run.config.x, run.sweep_id == sweep_id))
        barograph.agent(sweep_id, function=train, project="p", count=5)
        import json
        print(json.dumps(seen))
        """)
    seen = json.loads(output.splitlines()[-1])
    assert sorted(x for _, x, _ in seen) == [1, 2, 3] and all(is_its for _, _, is_its in seen)
    run = read_run(user, "p", seen[0][0])
    assert config_of(run)["x"] == seen[0][1] and config_of(run)["other"] == 5
    assert rows_of(run)[0]["loss"] == seen[0][1] * 2 and run["state"] == "finished"


def test_a_program_is_started_with_its_parameters(scripts, user):
    (scripts.folder / "train.py").write_text("""
import barograph, sys
with barograph.init() as run:
    run.log({"loss": run.config["lr"]})
    print("ARGS", sys.argv[1:], run.id)
""")
    output = scripts.run("""
        import barograph
        sweep_id = barograph.sweep({"program": "train.py", "method": "grid", "parameters": {"lr": {"values": [0.5]}}}, project="p")
        barograph.agent(f"p/{sweep_id}", count=2)
        """)
    line = next(line for line in output.splitlines() if line.startswith("ARGS"))
    assert "['--lr=0.5']" in line
    run = read_run(user, "p", line.split()[-1])
    assert config_of(run) == {"lr": 0.5} and rows_of(run)[0]["loss"] == 0.5


def test_an_agent_gives_up_after_failures_in_a_row(scripts):
    output = scripts.run("""
        import barograph
        sweep_id = barograph.sweep({"method": "random", "parameters": {"x": {"min": 0.0, "max": 1.0}}}, project="p")
        calls = []
        def train():
            with barograph.init():
                calls.append(1)
                raise RuntimeError("no")
        barograph.agent(sweep_id, function=train, project="p", max_consecutive_failed_runs=2)
        print(len(calls))
        """)
    assert output.split()[-1] == "2"


def test_the_command_is_filled_in(scripts):
    output = scripts.run("""
        from barograph.sweeps import command_line
        import json
        parameters = {"lr": 0.1, "flag": True, "off": False, "name": "x y"}
        for command in (["${program}", "${args_no_hyphens}"], ["run", "${args_json}"], ["--rate", "${lr}"],
                        ["${program}", "${args_no_boolean_flags}"]):
            print(json.dumps(command_line({"command": command}, "train.py", parameters)))
        """)
    lines = [json.loads(line) for line in output.splitlines()]
    assert lines[0] == ["train.py", "lr=0.1", "flag=True", "off=False", "name=x y"]
    assert json.loads(lines[1][1]) == {"lr": 0.1, "flag": True, "off": False, "name": "x y"}
    assert lines[2] == ["--rate", "0.1"]
    assert lines[3] == ["train.py", "--lr=0.1", "--flag", "--name=x y"]
