"""test_package_surface.py - every name that the official package documents is there, or says what to do instead."""

from __future__ import annotations

import json
import subprocess

from tests.official.client import venv_of
from tests.python.support import files_of, read_run, summary_of

NAMES = """
import json, pkgutil, wandb, wandb.data_types, wandb.integration
print(json.dumps({
    "top": list(wandb.__all__),
    "types": [name for name, value in vars(wandb.data_types).items() if isinstance(value, type) and name[0] != "_"],
    "integrations": [module.name for module in pkgutil.iter_modules(wandb.integration.__path__)],
}))
"""
# Of an integration: "there", "library" when only the library is missing, or why there is none.
LOOK = """
import importlib, json, sys
from barograph.compat import as_wandb
as_wandb()
import wandb
names = json.loads(sys.argv[1])
said = {}
for name in names["integrations"]:
    try:
        importlib.import_module("wandb.integration." + name)
        said[name] = "there"
    except ModuleNotFoundError as error:
        said[name] = str(error) if error.name.startswith("wandb") else "library"
try:
    from wandb.integration import weave
except ImportError as error:
    said["weave"] = str(error)
lacking = [name for name in names["top"] if not hasattr(wandb, name)]
print(json.dumps([lacking, [name for name in names["types"] if not hasattr(wandb.data_types, name)], said]))
"""


def test_each_documented_name_is_there_or_says_what_to_do(scripts):
    names = subprocess.run([venv_of("0.31.0") / "bin" / "python", "-c", NAMES], capture_output=True, text=True, check=True).stdout
    top, types, integrations = json.loads(scripts.run(f"import sys\nsys.argv.append({names.strip()!r})\n{LOOK}"))
    # Traces of LangChain's first version.
    assert top == [] and types == ["WBTraceTree"]
    own = {"catboost", "diffusers", "dspy", "fastai", "gym", "huggingface", "keras", "kfp", "lightgbm", "lightning", "metaflow", "openai",
           "prodigy", "sacred", "sagemaker", "sb3", "sklearn", "tensorboard", "torch", "ultralytics", "xgboost"}  # fmt: skip
    assert {name for name, text in integrations.items() if text in ("there", "library")} == own
    others = {name: text for name, text in integrations.items() if name not in own}
    assert others and all("has no counterpart in barograph: " in text for text in others.values()), others


def test_an_eval_table_is_a_table_that_knows_its_columns_roles(scripts, user):
    output = scripts.run("""
        import barograph
        from barograph.errors import UnsupportedError, UsageError
        rows = [["a", "b", 0.5], ["c", "d", 1.0]]
        with barograph.init(project="p", id="eval") as run:
            table = barograph.EvalTable(input_columns=["question"], output_columns=["answer"], score_columns=["score"], data=rows)
            run.log({"named": table})
            run.log({"rest": barograph.EvalTable(columns=["question", "answer", "score"], input_columns=["question"], data=rows)})
        for wrong in ({"log_mode": "MUTABLE"}, {"backend": "weave"}, {"columns": ["a"], "score_columns": ["b"]},
                      {"unsupported_media_mode": "ask"}):
            try:
                barograph.EvalTable(**wrong)
            except (UsageError, ValueError) as error:
                print(error)
        """)
    summary = summary_of(read_run(user, "p", "eval"))
    named = {"_type": "table-file", "ncols": 3, "nrows": 2, "input_columns": ["question"], "output_columns": ["answer"], "score_columns": ["score"]}
    assert named.items() <= summary["named"].items()
    assert summary["rest"]["output_columns"] == ["answer", "score"] and summary["rest"]["score_columns"] == []
    assert [line.split(",")[0] for line in output.splitlines()] == [
        "an EvalTable's log_mode is IMMUTABLE",
        "an EvalTable lies on the server as a table does; there is no backend 'weave'",
        "'b': no such column; there are 'a'",
        "unsupported_media_mode is one of stub",
    ]


def test_a_job_of_sagemaker_has_the_key_and_a_run_of_its_own(scripts, user):
    scripts.run("import barograph; barograph.sagemaker_auth({'MORE': 'x=1'}, path='.')")
    secrets = scripts.folder / "secrets.env"
    assert secrets.stat().st_mode & 0o777 == 0o600 and "MORE=x=1\n" in secrets.read_text()
    key = scripts.env.pop("BAROGRAPH_API_KEY")
    assert f"WANDB_API_KEY={key}\n" in secrets.read_text()
    job = {"SM_TRAINING_ENV": '{"job_name": "train-7"}', "TRAINING_JOB_NAME": "train-7", "CURRENT_HOST": "algo-1"}
    output = scripts.run("""
        import barograph
        from barograph.integration.sagemaker import parse_sm_config
        with barograph.init(project="p", config=parse_sm_config()) as run:
            print(run.id, run.group)
        """, **job)  # fmt: skip
    run_id, group = output.split()
    assert run_id.startswith("train-7-") and run_id.endswith("-algo-1") and group == "train-7"
    run = read_run(user, "p", run_id)
    assert run["state"] == "finished" and "train-7" in run["config"] and files_of(run)
