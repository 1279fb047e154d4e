"""keras.py - callbacks for Keras 2 and 3: metrics, checkpoints, and tables of predictions."""

from __future__ import annotations

import os
from typing import Any, Literal

try:
    import keras
except ImportError:
    from tensorflow import keras

from barograph.artifacts import Artifact
from barograph.data_types import Table
from barograph.integration.common import current_run

Frequency = Literal["epoch", "batch"]


class WandbMetricsLogger(keras.callbacks.Callback):  # type: ignore[misc]
    """Logs the metrics of each epoch, or of each nth batch.

    Args:
        log_freq: "epoch", "batch", or a number of batches.
        initial_global_step: where the count of batches begins.
    """

    def __init__(self, log_freq: Frequency | int = "epoch", initial_global_step: int = 0) -> None:
        super().__init__()
        self._run = current_run("WandbMetricsLogger()")
        self.log_freq: Any = 1 if log_freq == "batch" else log_freq
        # Batches that were seen, from where the schedule of learning rates begins, and those that a row was due for.
        self.global_step, self.global_batch = initial_global_step, 0
        section, step = ("epoch", "epoch/epoch") if log_freq == "epoch" else ("batch", "batch/batch_step")
        self._run.define_metric(step)
        self._run.define_metric(f"{section}/*", step_metric=step)

    def _learning_rate(self) -> dict[str, float]:
        rate = getattr(getattr(self.model, "optimizer", None), "learning_rate", None)
        if rate is None:
            return {}
        # A schedule is asked for the rate of a step.
        return {"learning_rate": float(rate(self.global_step) if callable(rate) else rate)}

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        row = {**(logs or {}), **self._learning_rate(), "epoch": epoch}
        self._run.log({f"epoch/{key}": value for key, value in row.items()})

    def on_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.global_step += 1
        if self.log_freq != "epoch" and batch % self.log_freq == 0:
            row = {**(logs or {}), **self._learning_rate(), "batch_step": self.global_batch}
            self._run.log({f"batch/{key}": value for key, value in row.items()})
            self.global_batch += self.log_freq

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.on_batch_end(batch, logs)


class WandbModelCheckpoint(keras.callbacks.ModelCheckpoint):  # type: ignore[misc]
    """Keras' ModelCheckpoint, whose files become versions of an artifact."""

    def __init__(self, filepath: str | os.PathLike[str], *args: Any, **kwargs: Any) -> None:
        self._run = current_run("WandbModelCheckpoint()")
        super().__init__(os.fspath(filepath), *args, **kwargs)

    def _save_model(self, *args: Any, **kwargs: Any) -> Any:
        saved = super()._save_model(*args, **kwargs)
        epoch = kwargs.get("epoch", args[0] if args else 0)
        logs = kwargs.get("logs", args[-1] if args and isinstance(args[-1], dict) else {}) or {}
        path = self.filepath.format(epoch=epoch + 1, **logs)
        if os.path.exists(path):
            artifact = Artifact(f"run_{self._run.id}_model", "model")
            (artifact.add_dir if os.path.isdir(path) else artifact.add_file)(path)
            self._run.log_artifact(artifact, aliases=["latest", f"epoch_{epoch}"])
        return saved


class WandbEvalCallback(keras.callbacks.Callback):  # type: ignore[misc]
    """A table of predictions for each epoch: derive from it, and write add_ground_truth and add_model_predictions.

    Args:
        data_table_columns: of the table of examples.
        pred_table_columns: of the table of predictions.
    """

    def __init__(self, data_table_columns: list[str], pred_table_columns: list[str]) -> None:
        super().__init__()
        self._run = current_run("WandbEvalCallback()")
        self.data_table_columns, self.pred_table_columns = data_table_columns, pred_table_columns

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.init_data_table(self.data_table_columns)
        self.add_ground_truth(logs)
        self.log_data_table()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.init_pred_table(self.pred_table_columns)
        self.add_model_predictions(epoch, logs)
        self.log_pred_table()

    def add_ground_truth(self, logs: dict[str, Any] | None = None) -> None:
        """Adds the examples to self.data_table."""
        raise NotImplementedError("a WandbEvalCallback has an add_ground_truth of its own")

    def add_model_predictions(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Adds the predictions to self.pred_table."""
        raise NotImplementedError("a WandbEvalCallback has an add_model_predictions of its own")

    def init_data_table(self, column_names: list[str]) -> None:
        self.data_table = Table(columns=list(column_names), allow_mixed_types=True)

    def init_pred_table(self, column_names: list[str]) -> None:
        self.pred_table = Table(columns=list(column_names))

    def log_data_table(self, name: str = "val", type: str = "dataset", table_name: str = "val_data") -> None:
        """Sends the examples, and makes data_table_ref of them: predictions refer to what is there already."""
        artifact = Artifact(name, type)
        artifact.add(self.data_table, table_name)
        self._run.use_artifact(artifact)
        artifact.wait()
        self.data_table_ref = artifact.get(table_name)

    def log_pred_table(
        self, type: str = "evaluation", table_name: str = "eval_data", aliases: list[str] | None = None
    ) -> None:
        artifact = Artifact(f"run_{self._run.id}_pred", type)
        artifact.add(self.pred_table, table_name)
        self._run.log_artifact(artifact, aliases=aliases or ["latest"])


class WandbCallback(WandbMetricsLogger):
    """The older callback: each epoch's metrics under their own names, and the best of the one that is monitored.

    Args:
        monitor: the metric whose best value counts.
        mode: min, max, or auto, which goes by the metric's name.
        save_model: keeps the best model in the run's folder.
    """

    def __init__(
        self, monitor: str = "val_loss", mode: str = "auto", save_model: bool = True, verbose: int = 0, **unused: Any
    ) -> None:
        super().__init__("epoch")
        more = mode == "max" or (mode == "auto" and any(word in monitor for word in ("acc", "auc", "fmeasure")))
        self.monitor, self.sign, self.save_model = monitor, (1 if more else -1), save_model
        self.best: float | None = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        row = dict(logs or {})
        self._run.log({"epoch": epoch, **row})
        value = row.get(self.monitor)
        if value is None or (self.best is not None and self.sign * value <= self.sign * self.best):
            return
        self.best = float(value)
        self._run.summary.update({f"best_{self.monitor}": self.best, "best_epoch": epoch})
        if self.save_model:
            name = "model-best.keras"
            self.model.save(os.path.join(self._run.dir, name))
            self._run._save_file(name)
