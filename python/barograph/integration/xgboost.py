"""xgboost.py - WandbCallback: an XGBoost training's evaluations, configuration, importances and model."""

from __future__ import annotations

import json
import os
from typing import Any, Callable

import xgboost
import xgboost.callback

from barograph.artifacts import Artifact
from barograph.integration.common import current_run, define_best, importance_chart


class WandbCallback(xgboost.callback.TrainingCallback):  # type: ignore[misc]
    """Logs each round's evaluations, and at the end what the model is.

    Args:
        log_model: keeps the model as an artifact.
        log_feature_importance: draws how much each feature matters.
        importance_type: weight, gain, cover, total_gain or total_cover.
        define_metric: the summary keeps the best values.
    """

    def __init__(
        self,
        log_model: bool = False,
        log_feature_importance: bool = True,
        importance_type: str = "gain",
        define_metric: bool = True,
    ) -> None:
        super().__init__()
        self.log_model = log_model
        self.log_feature_importance = log_feature_importance
        self.importance_type = importance_type
        self.define_metric = define_metric
        self._run = current_run("WandbCallback()")

    def before_training(self, model: Any) -> Any:
        self._run.config.update(json.loads(model.save_config()), allow_val_change=True)
        return model

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        row: dict[str, Any] = {}
        for data, metrics in evals_log.items():
            for metric, values in metrics.items():
                key = f"{data}-{metric}"
                if self.define_metric:
                    define_best(self._run, key, metric)
                row[key] = values[-1]
        self._run.log({**row, "epoch": epoch})
        self.define_metric = False
        return False

    def after_training(self, model: Any) -> Any:
        if self.log_model:
            name = f"{self._run.id}_model.json"
            path = os.path.join(self._run.dir, name)
            model.save_model(path)
            artifact = Artifact(name, "model")
            artifact.add_file(path)
            self._run.log_artifact(artifact)
        if self.log_feature_importance:
            scores = model.get_score(importance_type=self.importance_type)
            rows = [[feature, score] for feature, score in scores.items()]
            self._run.log({"Feature Importance": importance_chart(rows)})
        if model.attr("best_score") is not None:
            best = {"best_score": float(model.attr("best_score")), "best_iteration": int(model.attr("best_iteration"))}
            self._run.log(best)
        return model


def wandb_callback() -> Callable[[Any], None]:
    """The callback of XGBoost before 1.3: WandbCallback is the newer one."""

    def callback(env: Any) -> None:
        current_run("wandb_callback()").log(dict(env.evaluation_result_list))

    return callback
