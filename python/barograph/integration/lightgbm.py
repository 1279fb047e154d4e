"""lightgbm.py - a callback for a LightGBM training, and log_summary for what came of it."""

from __future__ import annotations

import os
from typing import Any, Callable

import lightgbm

from barograph.artifacts import Artifact
from barograph.errors import Error
from barograph.integration.common import current_run, define_best, importance_chart


class _Callback:
    order = 20
    before_iteration = False

    def __init__(self, log_params: bool, define_metric: bool) -> None:
        self.log_params, self.define_metric = log_params, define_metric

    def __call__(self, env: Any) -> None:
        run = current_run("wandb_callback()")
        results = [values for item in env.evaluation_result_list for values in _values(item)]
        if env.iteration == env.begin_iteration:
            if self.log_params:
                run.config.update(env.params, allow_val_change=True)
            for key, metric, _ in results if self.define_metric else []:
                define_best(run, key, metric)
        run.log({**{key: value for key, _, value in results}, "iteration": env.iteration})


def _values(item: tuple[Any, ...]) -> list[tuple[str, str, float]]:
    """(key, metric, value) of an evaluation; a cross-validation has a mean and a deviation."""
    if len(item) == 4:
        return [(f"{item[0]}_{item[1]}", item[1], item[2])]
    data, metric = item[1].split() if " " in item[1] else (item[0], item[1])
    parts = (("mean", item[2]), ("stdv", item[4]))
    return [(f"{data}_{metric}-{name}", f"{metric}-{name}", value) for name, value in parts]


def wandb_callback(log_params: bool = True, define_metric: bool = True) -> Callable[[Any], None]:
    """Logs each iteration's evaluations.

    Args:
        log_params: the parameters become the run's config.
        define_metric: the summary keeps the best values.
    """
    return _Callback(log_params, define_metric)


def log_summary(model: Any, feature_importance: bool = True, save_model_checkpoint: bool = False) -> None:
    """Logs the best iteration and score, the features' importance, and the model as an artifact."""
    run = current_run("log_summary()")
    if not isinstance(model, lightgbm.Booster):
        raise Error(f"a lightgbm.Booster is needed, got {type(model).__name__}")
    run.summary.update({"best_iteration": model.best_iteration, "best_score": {k: dict(v) for k, v in model.best_score.items()}})
    if feature_importance:
        rows = [list(pair) for pair in zip(model.feature_name(), model.feature_importance())]
        run.log({"Feature Importance": importance_chart(rows)}, commit=False)
    if save_model_checkpoint:
        path = os.path.join(run.dir, f"model_ckpt_{model.best_iteration}.txt")
        model.save_model(path, num_iteration=model.best_iteration)
        artifact = Artifact(f"model_{run.id}", "model")
        artifact.add_file(path)
        run.log_artifact(artifact, aliases=["best"])
