"""catboost.py - a callback for a CatBoost training, and log_summary for what came of it."""

from __future__ import annotations

import os
from typing import Any

import catboost

from barograph.artifacts import Artifact
from barograph.errors import Error
from barograph.integration.common import current_run, importance_chart


class WandbCallback:
    """Logs the metrics of each iteration that CatBoost evaluates.

    Args:
        metric_period: the model's own metric_period, when it has one.
    """

    def __init__(self, metric_period: int = 1) -> None:
        self._run = current_run("WandbCallback()")
        self.metric_period = metric_period
        self._seen = 0

    def after_iteration(self, info: Any) -> bool:
        values = {f"{data}-{name}": series for data, metrics in info.metrics.items() for name, series in metrics.items()}
        count = sum(len(series) for series in values.values())
        if count > self._seen:
            self._seen = count
            row = {key: series[-1] for key, series in values.items()}
            self._run.log({**row, f"iteration@metric-period-{self.metric_period}": info.iteration})
        return True


def log_summary(
    model: Any, log_all_params: bool = True, save_model_checkpoint: bool = False, log_feature_importance: bool = True
) -> None:
    """Logs the best iteration and score; as asked the parameters, the model as an artifact, and the features' importance."""
    run = current_run("log_summary()")
    if not isinstance(model, (catboost.CatBoostClassifier, catboost.CatBoostRegressor)):
        raise Error(f"a CatBoostClassifier or CatBoostRegressor is needed, got {type(model).__name__}")
    parameters = model.get_all_params()
    if log_all_params:
        run.config.update(parameters)
    run.summary.update({"best_iteration": model.get_best_iteration(), "best_score": model.get_best_score()})
    if save_model_checkpoint:
        path = os.path.join(run.dir, "model")
        model.save_model(path)
        artifact = Artifact(f"model_{run.id}", "model")
        artifact.add_file(path)
        run.log_artifact(artifact, aliases=["best" if parameters.get("use_best_model") else "last"])
    if log_feature_importance:
        found = model.get_feature_importance(prettified=True)
        rows = [list(pair) for pair in zip(found["Feature Id"], found["Importances"])]
        run.log({"Feature Importance": importance_chart(rows)}, commit=False)
