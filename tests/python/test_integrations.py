"""Libraries that know wandb, under as_wandb(), beside the same script with the official client."""

from __future__ import annotations

import json

import pytest

from tests.python.peers import comparable

XGBOOST = """
import numpy as np, xgboost, wandb
from wandb.integration.xgboost import WandbCallback
random = np.random.default_rng(1)
inputs = random.normal(size=(120, 4))
data = xgboost.DMatrix(inputs, label=(inputs[:, 0] > 0).astype(int))
run = wandb.init(project="xgboost")
xgboost.train({"objective": "binary:logistic", "eval_metric": ["logloss", "auc"], "nthread": 1, "seed": 1}, data,
              num_boost_round=3, evals=[(data, "train")], callbacks=[WandbCallback(log_model=True)])
run.finish()
print("/".join([run.entity, run.project, run.id]))
"""

LIGHTGBM = """
import numpy as np, lightgbm, wandb
from wandb.integration.lightgbm import wandb_callback, log_summary
random = np.random.default_rng(1)
inputs = random.normal(size=(200, 3))
data = lightgbm.Dataset(inputs, label=inputs[:, 0], feature_name=["a", "b", "c"])
run = wandb.init(project="lightgbm")
params = {"objective": "regression", "metric": "l2", "verbose": -1, "num_threads": 1, "seed": 1, "deterministic": True}
model = lightgbm.train(params, data, num_boost_round=3, valid_sets=[data], callbacks=[wandb_callback()])
log_summary(model, save_model_checkpoint=True)
run.finish()
print("/".join([run.entity, run.project, run.id]))
"""

SKLEARN = """
import numpy as np, wandb
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
# Four columns: of models of three the official client draws nothing.
random = np.random.default_rng(1)
inputs = random.normal(size=(120, 4))
truth = (inputs[:, 0] + inputs[:, 1] > 0).astype(int)
run = wandb.init(project="sklearn")
forest = RandomForestClassifier(5, random_state=1).fit(inputs[:80], truth[:80])
guessed, probabilities = forest.predict(inputs[80:]), forest.predict_proba(inputs[80:])
labels = ["no", "yes"]
wandb.sklearn.plot_feature_importances(forest, ["a", "b", "c", "d"])
wandb.sklearn.plot_confusion_matrix(truth[80:], guessed, labels)
wandb.sklearn.plot_summary_metrics(forest, inputs[:80], truth[:80], inputs[80:], truth[80:])
wandb.sklearn.plot_class_proportions(truth[:80], truth[80:], labels)
wandb.sklearn.plot_roc(truth[80:], probabilities, labels)
wandb.sklearn.plot_precision_recall(truth[80:], probabilities, labels)
target = inputs @ [1.0, 2.0, 3.0, 4.0] + random.normal(size=120)
line = LinearRegression().fit(inputs, target)
wandb.sklearn.plot_outlier_candidates(line, inputs, target)
wandb.sklearn.plot_learning_curve(line, inputs, target)
means = KMeans(2, n_init=1, random_state=1).fit(inputs)
wandb.sklearn.plot_silhouette(means, inputs, means.labels_)
run.finish()
print("/".join([run.entity, run.project, run.id]))
"""

CATBOOST = """
import numpy as np, catboost, wandb
from wandb.integration.catboost import WandbCallback, log_summary
random = np.random.default_rng(1)
inputs = random.normal(size=(120, 3))
data = [catboost.Pool(part, part[:, 0] * 2, feature_names=["a", "b", "c"]) for part in (inputs[:80], inputs[80:])]
run = wandb.init(project="catboost")
model = catboost.CatBoostRegressor(iterations=4, depth=2, metric_period=2, thread_count=1, random_seed=1, verbose=0,
                                   allow_writing_files=False)
model.fit(data[0], eval_set=data[1], callbacks=[WandbCallback(metric_period=2)])
log_summary(model, save_model_checkpoint=True)
run.finish()
print("/".join([run.entity, run.project, run.id]))
"""

SACRED = """
import numpy as np, sacred, wandb
from wandb.integration.sacred import WandbObserver
experiment = sacred.Experiment("trial", save_git_info=False, interactive=True)
observer = WandbObserver(project="sacred")
experiment.observers.append(observer)
experiment.add_config(seed=1, rate=0.5, deep={"layers": [1, 2]})

def train(rate, deep, _run):
    for step in range(3):
        _run.log_scalar("loss", rate / (step + 1), step)
    open("weights.txt", "w").write("weights")
    experiment.add_artifact("weights.txt", "weights")
    return 0.25, {"accuracy": 0.75}

experiment.main(train)
experiment.run(options={"--capture": "no", "--loglevel": "ERROR"})
run = observer.run
run.finish()
print("/".join([run.entity, run.project, run.id]))
"""

OPTUNA = """
import optuna, wandb
from optuna_integration.wandb import WeightsAndBiasesCallback
optuna.logging.set_verbosity(optuna.logging.ERROR)
callback = WeightsAndBiasesCallback(metric_name="score", wandb_kwargs={"project": "optuna"})
study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
study.optimize(lambda trial: (trial.suggest_float("x", -1, 1) - 0.5) ** 2, n_trials=3, callbacks=[callback])
run = wandb.run
run.finish()
print("/".join([run.entity, run.project, run.id]))
"""


TENSORBOARD = """
import numpy as np, wandb
run = wandb.init(project="tensorboard", sync_tensorboard=True)
from tensorboardX import SummaryWriter
writer = SummaryWriter("logs/train")
for step in range(3):
    writer.add_scalar("loss", 1 / (step + 1), step * 10)
    writer.add_scalar("deep/accuracy", step / 2, step * 10)
writer.add_histogram("weights", np.arange(100.0), 30)
writer.add_image("picture", np.zeros((3, 4, 5), "uint8"), 40)
writer.close()
run.finish()
print("/".join([run.entity, run.project, run.id]))
"""


def without_times(run: dict) -> dict:
    told = comparable({key: run[key] for key in ("history", "summary", "config")}, run["id"])
    return {**told, "config": {key: value for key, value in told["config"].items() if has_something(value)}}


def has_something(value) -> bool:
    """The official client leaves empty dictionaries out of the config."""
    return not isinstance(value, dict) or any(has_something(inner) for inner in value.values())


@pytest.mark.parametrize(
    ("code", "metric"),
    [(XGBOOST, "train-logloss"), (LIGHTGBM, "training_l2"), (CATBOOST, "validation-RMSE"), (SACRED, "loss"), (OPTUNA, "score")],
    ids=["xgboost", "lightgbm", "catboost", "sacred", "optuna"],
)
def test_a_training_is_recorded_likewise(peers, code, metric):
    official, ours = peers.both(code)
    assert without_times(ours) == without_times(official)
    assert ours["files"] == official["files"]
    assert any(metric in row for row in ours["history"])
    assert models_of(ours) == models_of(official)


def models_of(run: dict) -> list:
    """Their names have the run's id, and CatBoost writes the time into its file; else their content is the same."""
    others = (each for each in run["artifacts"] if each["type"] != "run_table")
    entries = lambda each: [path if path == "model" else digest for path, (digest, *_) in each["entries"].items()]  # noqa: E731
    return sorted([each["type"], each["aliases"], entries(each)] for each in others)


def test_plots_of_scikit_learn_are_the_same_tables(peers):
    official, ours = peers.both(SKLEARN)
    charts = [{name.rsplit("_", 1)[0] for name in run["files"]} for run in (official, ours)]
    # The official client takes no clusterer of today's scikit-learn for one.
    assert charts[1] == charts[0] | {"media/table/silhouette_plot_8"}
    own = [run["raw_config"]["_wandb"]["value"] for run in (official, ours)]
    assert {**own[0]["viz"], "silhouette_plot": own[1]["viz"]["silhouette_plot"]} == own[1]["viz"]
    assert own[1]["visualize"] == own[0]["visualize"]
    # Not the confusion matrix: the official client calls true classes the predicted ones.
    for key in ("feature_importances", "summary_metrics", "class_proportions", "roc_table"):
        names = [next(name for name in run["files"] if name.startswith(f"media/table/{key}_")) for run in (official, ours)]
        assert names[1] == names[0]


def test_what_is_written_for_tensorboard_is_logged(peers):
    official, ours = peers.both(TENSORBOARD)
    rows = [[{k: v for k, v in row.items() if not k.startswith("_")} for row in run["history"]] for run in (official, ours)]
    assert rows[1][:3] == rows[0][:3] == [
        {"global_step": 0, "loss": 1.0, "deep/accuracy": 0.0},
        {"global_step": 10, "loss": 0.5, "deep/accuracy": 0.5},
        {"global_step": 20, "loss": 0.33333334, "deep/accuracy": 1.0},
    ]
    assert rows[1][3]["weights"]["_type"] == rows[0][3]["weights"]["_type"] == "histogram"
    assert sum(rows[1][3]["weights"]["values"]) == 100
    assert rows[1][4]["global_step"] == 40
    assert rows[1][4]["picture"]["_type"] == "images/separated"


def test_damaged_event_files_are_no_reason_to_fail(peers):
    code = """
    import json, struct
    from barograph.integration.tfevents import EventFile, Malformed, fields, values
    told = []
    for content in (b"", b"x" * 5, struct.pack("<Q", 1 << 60) + b"x" * 40, struct.pack("<Q", 4) + b"\\0" * 4 + b"\\xff" * 8):
        with open("events", "wb") as file:
            file.write(content)
        try:
            told.append(len(list(EventFile("events", "").read())))
        except Malformed:
            told.append("malformed")
    for message in (b"\\x0a\\xff\\xff\\xff\\x0f", b"\\xff" * 20, b"\\x0b"):
        try:
            told.append(len(list(values(message))))
        except Malformed:
            told.append("malformed")
    print(json.dumps(told))
    """
    told = json.loads(peers.run(code.replace("\\\\", "\\"), True, "damaged").splitlines()[-1])
    assert told == [0, 0, "malformed", "malformed", "malformed", "malformed", "malformed"]


def test_frameworks_find_the_names_they_import(peers):
    """What Lightning's WandbLogger and transformers' callbacks import and ask before they use it."""
    code = """
    import importlib.metadata, importlib.util, json
    assert importlib.util.find_spec("wandb") is not None
    import wandb
    from wandb import Artifact
    from wandb.sdk.lib import RunDisabled
    from wandb.sdk.wandb_run import Run
    from wandb.wandb_run import Run as Same
    from wandb.apis.public import Api, Runs, Run as PublicRun
    from wandb.sdk.data_types.base_types.wb_value import WBValue
    from wandb.proto.wandb_telemetry_pb2 import Deprecated
    from wandb.sdk.lib import telemetry
    from wandb.errors import CommError, UsageError, Error
    from wandb.errors.term import termwarn
    from wandb.util import generate_id
    import wandb.sdk, wandb.plot, wandb.data_types, wandb.env
    with telemetry.context() as seen:
        seen.feature.lightning = True
    run = wandb.init(project="frameworks", mode="offline", config={"lr": 1})
    assert isinstance(run, (Run, RunDisabled)) and Same is Run and wandb.run is run
    run.define_metric("*", step_metric="trainer/global_step", step_sync=True)
    run.log({"loss": 1.0, "trainer/global_step": 3})
    run.config.update({"lr": 2}, allow_val_change=True)
    wandb.config.update({"more": 1})
    wandb.log({"x": 1})
    print(json.dumps([importlib.metadata.version("wandb"), len(generate_id()), wandb.config["lr"], callable(wandb.watch)]))
    wandb.finish()
    assert wandb.run is None
    """
    assert json.loads(peers.run(code, True, "frameworks").splitlines()[-1]) == ["0.31.0", 8, 2, True]


def test_a_name_without_a_counterpart_is_an_import_error(peers):
    code = """
    try:
        import wandb.sdk.launch
    except ImportError as error:
        print(error)
    try:
        import wandb
        wandb.no_such_name
    except AttributeError as error:
        print(error)
    """
    assert peers.run(code, True, "nothing").splitlines() == [
        "wandb.sdk.launch has no counterpart in barograph: launch is not offered; agents of sweeps run programs: wandb agent",
        "module 'wandb' (which is barograph here) has no attribute 'no_such_name'",
    ]


def test_exec_runs_a_program_and_its_workers(peers):
    folder = peers.folder / "exec"
    folder.mkdir()
    (folder / "helper.py").write_text("import wandb\nNAME = wandb.Image.__module__\n")
    (folder / "train.py").write_text(
        "import subprocess, sys, wandb, helper\n"
        "print(sys.argv[1:], helper.NAME, __name__)\n"
        "print(subprocess.run([sys.executable, '-c', 'import wandb; print(wandb._is_barograph)'],"
        " capture_output=True, text=True).stdout.strip())\n"
    )
    code = "from barograph.compat import run_script\nrun_script(['train.py', '--lr', '1'])\n"
    lines = peers.run(code, True, "exec").splitlines()
    assert lines == ["['--lr', '1'] barograph.data_types.image __main__", "True"]


def test_as_wandb_says_when_it_is_too_late(peers):
    code = """
    import sys, types
    for name in [name for name in sys.modules if name.split(".")[0] == "wandb"]:
        del sys.modules[name]
    sys.modules["wandb"] = types.ModuleType("wandb")
    from barograph.compat import as_wandb
    try:
        as_wandb()
    except RuntimeError as error:
        print(error)
    """
    assert "before whatever imports it" in peers.run(code, True, "late")
