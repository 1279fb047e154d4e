"""watch: gradients, parameters and the graph of torch modules, beside what the official client records.

Torch is Debian's (python3-torch), on Debian's Python: 40 MB where PyPI's has hundreds. Where tools/setup.sh could not
install it these tests are left out.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.python.peers import VENV

PYTHON = Path("/usr/bin/python3")

TRAIN = """
import sys
import numpy, torch
if len(sys.argv) > 1:
    # The official client's environment, with this Python's numpy and torch.
    sys.modules.pop("typing_extensions", None)
    sys.path.insert(0, sys.argv[1])
    sys.modules["pandas"] = None  # it is for another numpy
import wandb
torch.manual_seed(1)
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Sequential(torch.nn.Linear(4, 1)))
other = torch.nn.Linear(2, 2)
run = wandb.init(project="watch")
run.watch(model, log="all", log_freq=2, log_graph=True)
run.watch(other, log="gradients", log_freq=1)
inputs = torch.arange(12.0).reshape(4, 3)
for step in range(4):
    loss = model(inputs).sum() + other(inputs[:, :2]).sum()
    loss.backward()
    run.log({"loss": loss.item()})
run.unwatch(model)
(model(inputs).sum() + other(inputs[:, :2]).sum()).backward()
run.log({"end": 1})
run.finish()
print("/".join([run.entity, run.project, run.id]))
"""


@pytest.fixture(scope="module")
def torch_python() -> Path:
    found = PYTHON.exists() and subprocess.run([PYTHON, "-c", "import torch"], capture_output=True).returncode == 0
    if not found:
        pytest.skip("torch is not installed: apt-get install python3-torch")
    return PYTHON


@pytest.fixture(scope="module")
def runs(peers, torch_python):
    site = str(next(VENV.glob("lib/python3*/site-packages")))
    paths = [
        peers.run(TRAIN, False, "", site, python=torch_python).split()[-1],
        peers.run(TRAIN, True, "", python=torch_python).split()[-1],
    ]
    return peers.read(*paths)


def rows_of(run: dict) -> list[dict]:
    hidden = ("_runtime", "_timestamp")
    return [{key: value for key, value in row.items() if key not in hidden} for row in run["history"]]


def test_gradients_and_parameters_are_the_official_clients_histograms(runs):
    official, ours = (rows_of(run) for run in runs)
    assert [set(row) for row in ours] == [set(row) for row in official]
    for own, theirs in zip(ours, official):
        for key, value in theirs.items():
            if isinstance(value, dict):
                assert own[key]["values"] == value["values"]
                assert own[key]["bins"] == pytest.approx(value["bins"], abs=1e-6)
            else:
                assert own[key] == value
    assert "gradients/0.weight" in ours[1] and "gradients/0.weight" not in ours[0]
    assert "parameters/2.0.bias" in ours[1]
    # Nothing of the module that is not watched any more; the other goes on.
    assert {key for key in ours[4] if key.startswith(("gradients", "parameters"))} == {
        "gradients/graph_1bias",
        "gradients/graph_1weight",
    }


def test_the_graph_is_a_file_that_the_summary_names(peers, runs):
    official, ours = (run["summary"]["graph_0"] for run in runs)
    assert ours["_type"] == official["_type"] == "graph-file"
    assert ours["path"].startswith("media/graph/graph_0_summary_")
    code = """
    import json, sys, wandb
    nodes = []
    for path in sys.argv[1:]:
        run, name = path.split(" ")
        with wandb.Api().run(run).file(name).download(replace=True) as file:
            graph = json.load(file)
        nodes.append([[node[key] for key in ("name", "class_name", "parameters", "num_parameters", "output_shape")]
                      for node in graph["nodes"]] + [graph["format"], graph["edges"]])
    print(json.dumps(nodes))
    """
    places = [f"{peers.user.name}/watch/{run['id']} {run['summary']['graph_0']['path']}" for run in runs]
    theirs, own = json.loads(peers.run(code, False, "graphs", *places).splitlines()[-1])
    assert own == theirs
    assert own[0][0] == "0"


def test_what_cannot_be_watched_is_refused(peers, torch_python):
    code = """
    import torch, wandb
    run = wandb.init(project="watch", mode="offline")
    model = torch.nn.Linear(1, 1)
    run.watch(model, idx=0)
    for call in (lambda: run.watch("model"), lambda: run.watch(model, log="losses"), lambda: run.watch(model, idx=0),
                 lambda: run.unwatch(torch.nn.Linear(1, 1))):
        try:
            call()
        except (TypeError, ValueError) as error:
            print(type(error).__name__, error)
    """
    lines = peers.run(code, True, "refused", python=torch_python).splitlines()
    assert lines == [
        "TypeError watch takes torch modules, got str",
        "ValueError log is one of gradients, parameters, all or None, got 'losses'",
        "ValueError gradients/weight is watched already; unwatch the model first, or pass another idx",
        "ValueError this Linear is not watched",
    ]


def test_values_that_are_not_finite_are_left_out_and_sparse_zeros_count(peers, torch_python):
    code = """
    import json, torch
    from barograph.watching import histogram_of
    told = [histogram_of(torch.tensor([1.0, float("nan"), 2.0, float("inf")])).histogram,
            histogram_of(torch.tensor([float("nan")])),
            histogram_of(torch.tensor([3.0, 3.0])).to_json(),
            sum(histogram_of(torch.sparse_coo_tensor([[0, 5]], [1.0, -1.0], (10,))).histogram)]
    print(json.dumps([sum(told[0]), told[1], told[2]["values"], told[3]]))
    """
    assert json.loads(peers.run(code, True, "finite", python=torch_python)) == [2.0, None, [2.0], 10.0]


def test_images_are_made_of_tensors(peers, torch_python):
    code = """
    import torch
    from barograph.data_types import Image
    tensor = torch.zeros(3, 4, 5, requires_grad=True)
    image = Image(tensor)
    print(image._width, image._height, image.image.mode)
    """
    try:
        subprocess.run([torch_python, "-c", "import PIL"], check=True, capture_output=True)
    except subprocess.CalledProcessError:
        pytest.skip("Pillow is not installed for this Python")
    assert peers.run(code, True, "tensor", python=torch_python).split() == ["5", "4", "RGB"]


PROFILE = """
import time, torch, wandb
run = wandb.init(project="profile")
with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], schedule=torch.profiler.schedule(wait=0, warmup=0, active=1, repeat=2),
                            on_trace_ready=wandb.profiler.torch_trace_handler()) as profiler:
    for _ in range(2):
        torch.ones(3).sum()
        time.sleep(0.01)  # torch names its traces by the millisecond
        profiler.step()
run.finish()
print("/".join([run.entity, run.project, run.id]))
"""


def test_traces_of_the_profiler_are_files_of_the_run(peers, torch_python):
    (run,) = peers.read(peers.run(PROFILE, True, "", python=torch_python).split()[-1])
    traces = [name for name in run["names"] if name.startswith("pytorch_traces/")]
    assert len(traces) == 2 and all(name.endswith(".pt.trace.json") for name in traces)
