"""test_pipelines.py - steps of Metaflow and components of Kubeflow Pipelines as runs, beside the official client."""

from __future__ import annotations

import json

from tests.python.peers import comparable

FLOW = """
import pathlib
from metaflow import FlowSpec, Parameter, step
from sklearn.linear_model import LinearRegression
import wandb
from wandb.integration.metaflow import wandb_log

def note_run():
    with open("runs", "a") as file:
        file.write("/".join([wandb.run.entity, wandb.run.project, wandb.run.id]) + "\\n")

@wandb_log(datasets=True, models=True, others=True)
class Line(FlowSpec):
    rate = Parameter("rate", default=0.5)

    @step
    def start(self):
        note_run()
        pathlib.Path("data.csv").write_text("1,2")
        self.data = pathlib.Path("data.csv").absolute()
        self.model = LinearRegression().fit([[0.0], [1.0]], [0.0, self.rate])
        self.span = range(3)
        self.loss = 0.25
        self.parts = {"a": 1}
        self.next(self.end)

    @wandb_log(datasets=True, models=True, others=True, settings=wandb.Settings(run_group="own", run_job_type="last"))
    @step
    def end(self):
        note_run()
        self.slope = float(self.model.coef_[0]) + len(self.data.read_text()) + len(self.span) + self.loss

if __name__ == "__main__":
    Line()
"""
RUN_FLOW = """
import os, pathlib, subprocess, sys
is_ours = "barograph.compat" in sys.modules
before = "from barograph.compat import as_wandb\\nas_wandb()\\n" if is_ours else ""
pathlib.Path("flow.py").write_text(before + os.environ["FLOW"])
done = subprocess.run([sys.executable, "flow.py", "--quiet", "--no-pylint", "run", "--rate", "2.0"], capture_output=True, text=True,
                      env={**os.environ, "USER": "someone", "WANDB_PROJECT": "metaflow", "BAROGRAPH_PROJECT": "metaflow"})
assert done.returncode == 0, done.stdout + done.stderr
print(pathlib.Path("runs").read_text())
"""
# What the reader of runs does not tell: their groups, kinds, and what they used.
PLACES = """
import json, sys, wandb
runs = [wandb.Api().run(path) for path in sys.argv[1:]]
print(json.dumps([[run.group, run.job_type, sorted(each.name for each in run.used_artifacts())] for run in runs]))
"""


def places(peers, runs: list[str]) -> list:
    return json.loads(peers.run(PLACES, False, "reader", *runs).splitlines()[-1])


def told(run: dict) -> dict:
    return comparable({key: run[key] for key in ("history", "summary", "config", "artifacts", "state")}, run["id"])


def test_a_flows_steps_are_runs_likewise(peers):
    runs = [peers.run(RUN_FLOW, is_ours, f"flow-{is_ours}", FLOW=FLOW).split() for is_ours in (False, True)]
    told_of, where = peers.read(*runs[0], *runs[1]), places(peers, runs[0] + runs[1])
    official, ours = told_of[:2], told_of[2:]
    assert len(ours) == 2 and [told(run) for run in ours] == [told(run) for run in official]
    assert ours[0]["config"] == {"rate": 2.0} and ours[0]["summary"]["loss"] == 0.25
    assert [each["name"] for each in ours[0]["artifacts"]] == ["data:v0", "model:v0", "span:v0"]
    (group, *others), last = where[2:]
    assert group.startswith("Line/") and others == ["start", []]
    assert last == ["own", "last", ["data:v0", "model:v0", "span:v0"]]
    assert [each[1:] for each in where[:2]] == [others, last[1:]]


def test_an_offline_step_goes_on_without_its_inputs(peers):
    code = """
    import pathlib, barograph
    from barograph.integration.metaflow import wandb_use
    with barograph.init(mode="offline") as run:
        print(wandb_use("data", pathlib.Path("x"), datasets=True, run=run))
    """
    assert peers.run(code, True, "offline").split() == ["None"]


TRACKING = """
import pathlib, wandb
from wandb.integration.metaflow import wandb_track, wandb_use
from sklearn.linear_model import LinearRegression
import pandas, sklearn.base
values = [1, "a", {1}, pandas.DataFrame(), LinearRegression(), pathlib.Path("."), object()]
ways = [{}, {"datasets": True}, {"models": True}, {"others": True}, {"datasets": True, "models": True, "others": True}]
told = [[f("x", value, testing=True, **way) for value in values for way in ways] for f in (wandb_track, wandb_use)]
run = wandb.init(project="tracking")
assert wandb_use("never-logged", LinearRegression(), models=True, run=run) is None
run.finish()
print(told)
"""


def test_values_are_taken_for_what_the_official_client_takes_them(peers):
    official, ours = (peers.run(TRACKING, is_ours).splitlines()[-1] for is_ours in (False, True))
    assert ours == official and "BaseEstimator" in ours


COMPONENTS = """
import json, os, pathlib, subprocess, sys
import wandb
from typing import NamedTuple
from kfp import dsl
from wandb.integration.kfp import unpatch_kfp, wandb_log

@dsl.component(packages_to_install=["numpy"])
@wandb_log
def train(rate: float, data: dsl.Input[dsl.Dataset], model: dsl.Output[dsl.Model], epochs: int = 3) -> NamedTuple(
    "Answer", [("loss", float), ("steps", int)]):
    import pathlib, wandb
    from typing import NamedTuple
    pathlib.Path("run").write_text("/".join([wandb.run.entity, wandb.run.project, wandb.run.id]))
    pathlib.Path(model.path).write_text(pathlib.Path(data.path).read_text() * epochs)
    wandb.log({"within": 1})
    return NamedTuple("Answer", [("loss", float), ("steps", int)])(rate / 2, epochs)

@dsl.component
def plain(n: int) -> int:
    return n

@dsl.component
@wandb_log
def double(n: int) -> int:
    return 2 * n
"""
CALL = """
import json, os, pathlib, subprocess, sys
import parts
pathlib.Path("data").write_text("words")
parts.train.python_func(0.5, parts.dsl.Dataset(uri="data"), parts.dsl.Model(uri="model"))
print(pathlib.Path("run").read_text())
"""
# As the container does it: the source that would be sent, by kfp's executor.
CONTAINER = """
container = parts.train.component_spec.implementation.container
pathlib.Path("component.py").write_text(container.command[-1])
given = {"inputs": {"parameterValues": {"rate": 1.0, "epochs": 2}, "artifacts": {"data": {"artifacts": [
             {"name": "data", "type": {"schemaTitle": "system.Dataset"}, "uri": os.path.abspath("data")}]}}},
         "outputs": {"outputFile": os.path.abspath("answer.json"), "parameters": {
             name: {"outputFile": os.path.abspath(name)} for name in ("loss", "steps")}, "artifacts": {"model": {"artifacts": [
             {"name": "model", "type": {"schemaTitle": "system.Model"}, "uri": os.path.abspath("made")}]}}}}
subprocess.run([sys.executable, "-m", "kfp.dsl.executor_main", "--component_module_path", "component.py", "--function_to_execute", "train",
                "--executor_input", json.dumps(given)], env={**os.environ, "_KFP_RUNTIME": "true"},
               check=True, stdout=subprocess.DEVNULL)
assert json.load(open("answer.json"))["parameterValues"] == {"loss": 0.5, "steps": 2}

def sent(component):
    command = component.component_spec.implementation.container.command
    return "wandb_log" in command[-1], "barograph" in command[2]
assert sent(parts.double) == (True, True) and sent(parts.plain) == (False, False)
assert "numpy" in container.command[2]
parts.unpatch_kfp()
parts.unpatch_kfp()
assert sent(parts.dsl.component(parts.double.python_func)) == (False, False)
print(pathlib.Path("run").read_text())
"""
KFP_ENV = {"WANDB_PROJECT": "kfp", "WANDB_RUN_GROUP": "pipeline", "WANDB_KUBEFLOW_URL": "http://kubeflow.example/run"}


def test_a_component_is_a_run_likewise_and_in_its_container_too(peers):
    # kfp reads the source of what it sends from a file. The official client's source does not run in a container.
    written = f"import pathlib, sys\nsys.path.insert(0, '')\npathlib.Path('parts.py').write_text({COMPONENTS!r})\n{CALL}"
    (run,) = peers.run(written, False, "kfp-official", **KFP_ENV).split()
    runs = peers.run(written + CONTAINER, True, "kfp-ours", **KFP_ENV).split()
    official, ours, contained = peers.read(run, *runs)
    assert told(ours) == told(official)
    assert ours["config"] == {"rate": 0.5, "epochs": 3, "LINK_TO_KUBEFLOW": "http://kubeflow.example/run"}
    assert ours["summary"]["train.steps"] == 3 and ours["artifacts"][0]["name"].startswith("model:")
    assert contained["config"]["epochs"] == 2 and contained["summary"]["train.loss"] == 0.5 and contained["state"] == "finished"
    of_official, of_ours, of_contained = places(peers, [run, *runs])
    assert of_ours[:2] == of_official[:2] == ["pipeline", "train"]
    assert of_contained == of_ours and len(of_ours[2]) == len(of_official[2]) == 1
