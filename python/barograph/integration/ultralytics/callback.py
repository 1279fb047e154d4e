"""callback.py - add_wandb_callback: what a model of Ultralytics is shown, and what it sees, while it learns and afterwards."""

from __future__ import annotations

import copy
import datetime
import itertools
import os
from typing import Any, Callable, Iterator, Mapping

import ultralytics

import barograph
from barograph.artifacts import Artifact
from barograph.compat.names import termwarn
from barograph.data_types import Image, Table
from barograph.integration.common import current_run
from barograph.integration.ultralytics import layers
from barograph.util import need

PROJECT = "YOLOv8"
PREDICTION_CONFIDENCE = 0.1

_FOUND = ["Mean-Confidence", "Speed"]
# "Top-5-Prediction-Confindence" is written so: tables are looked up by their columns.
_CLASSES = ["Predicted-Category", "Prediction-Confidence", "Top-5-Prediction-Categories", "Top-5-Prediction-Confindence",
            "Probabilities", "Speed"]  # fmt: skip
# By task: the columns of a prediction, and those of a validation after its indices.
COLUMNS: dict[str, tuple[list[str], list[str]]] = {
    "classify": (["Image", *_CLASSES], ["Image", "Ground-Truth-Category", *_CLASSES]),
    "detect": (["Image", "Num-Objects", *_FOUND], ["Image", *_FOUND]),
    "pose": (["Image-Prediction", "Num-Instances", *_FOUND], ["Image-Ground-Truth", "Image-Prediction", "Num-Instances", *_FOUND]),
    "segment": (["Image", "Num-Objects", *_FOUND], ["Image", *_FOUND]),
}
INDICES = ["Data-Index", "Batch-Index"]


class WandBUltralyticsCallback:
    """A model's callbacks. Rows gather over epochs, validations and predictions, in a table for each.

    Args:
        model: a YOLO or SAM.
        epoch_logging_interval: after how many epochs of a training pictures are logged.
        max_validation_batches: how many batches of the validation data are shown each time; None: all.
        enable_model_checkpointing: whether the model becomes an artifact after each epoch.
        visualize_skeleton: whether the points of figures are joined.
    """

    def __init__(
        self,
        model: Any,
        epoch_logging_interval: int = 1,
        max_validation_batches: int | None = 1,
        enable_model_checkpointing: bool = False,
        visualize_skeleton: bool = False,
    ) -> None:
        self.epoch_logging_interval, self.max_validation_batches = epoch_logging_interval, max_validation_batches
        self.enable_model_checkpointing, self.visualize_skeleton = enable_model_checkpointing, visualize_skeleton
        self.task: str = model.task
        self.supported_tasks = sorted(COLUMNS)
        self.model_name = str(model.overrides["model"]).split(".")[0] if "model" in model.overrides else None
        self.train_epoch: int | None = None
        self.prompts: Mapping[str, Any] | None = None
        self._rows: dict[str, list[list[Any]]] = {}
        # A predictor of its own, which calls nothing back and writes nothing.
        overrides = {**copy.deepcopy(model.overrides), "conf": PREDICTION_CONFIDENCE}
        self.predictor = model.task_map[self.task]["predictor"](overrides=overrides)
        self.predictor.callbacks = {}
        for name in ("save", "save_txt", "save_crop", "verbose"):
            setattr(self.predictor.args, name, False)

    @property
    def callbacks(self) -> dict[str, Callable[[Any], None]]:
        """By the events that they are for."""
        names = ("train_start", "fit_epoch_end", "train_end", "val_start", "val_end", "predict_start", "predict_end")
        return {f"on_{name}": getattr(self, f"on_{name}") for name in names}

    # ---- training ----

    def on_train_start(self, trainer: Any) -> None:
        _begin("training", trainer.args)
        current_run("training").config.update({"train": _plain(trainer.args)}, allow_val_change=True)

    def on_fit_epoch_end(self, trainer: Any) -> None:
        # The last validation belongs to an epoch that was told of.
        if self.task not in COLUMNS or self.train_epoch == trainer.epoch:
            return
        self.train_epoch = trainer.epoch
        if (trainer.epoch + 1) % self.epoch_logging_interval == 0:
            device = next(trainer.model.parameters()).device
            # What the predictor does to a model would disturb the training.
            self.predictor.setup_model(model=copy.deepcopy(_unwrapped(trainer.model)).eval().to(device), verbose=False)
            for row in self._validate(trainer.validator):
                self._add("Train-Table", [self.model_name, trainer.epoch, *row])
        if self.enable_model_checkpointing:
            self._save_model(trainer)

    def on_train_end(self, trainer: Any) -> None:
        self._log("Train-Table", ["Model-Name", "Epoch", *INDICES, *self._columns(1)])

    def _save_model(self, trainer: Any) -> None:
        """In the form that Ultralytics loads."""
        ema = trainer.ema
        kept = {
            "epoch": trainer.epoch,
            "best_fitness": trainer.best_fitness,
            "model": copy.deepcopy(_unwrapped(trainer.model)).half(),
            "ema": copy.deepcopy(ema.ema).half() if ema else None,
            "updates": ema.updates if ema else None,
            "optimizer": trainer.optimizer.state_dict(),
            "train_args": vars(trainer.args),
            "date": datetime.datetime.now().isoformat(),
            "version": ultralytics.__version__,
        }
        path = os.path.join(trainer.wdir, f"epoch{trainer.epoch}.pt")
        need("torch", "a checkpoint").save(kept, path)
        run = current_run("training")
        artifact = Artifact(f"run_{run.id}_model", "model")
        artifact.add_file(path)
        run.log_artifact(artifact, aliases=[f"epoch_{trainer.epoch}"])

    # ---- validation ----

    def on_val_start(self, validator: Any) -> None:
        _begin("validation", validator.args)

    def on_val_end(self, validator: Any) -> None:
        # A training's own validations are shown at the end of its epochs.
        if self.task in COLUMNS and not getattr(validator, "training", False):
            for row in self._validate(validator):
                self._add("Validation-Table", [self.model_name, *row])
            self._log("Validation-Table", ["Model-Name", *INDICES, *self._columns(1)])

    def _validate(self, validator: Any) -> Iterator[list[Any]]:
        """A row for each picture of the first batches; what a model sees needs no gradients."""
        count = itertools.count()
        with need("torch", "Ultralytics").no_grad():
            for number, batch in enumerate(itertools.islice(validator.dataloader, self.max_validation_batches)):
                rows = self._classified(batch) if self.task == "classify" else self._found(batch, layers.labels_of(validator.names))
                for row in rows:
                    yield [next(count), number, *row]

    def _classified(self, batch: Mapping[str, Any]) -> Iterator[list[Any]]:
        for picture, number in zip(layers.array_of(batch["img"]), layers.array_of(batch["cls"])):
            picture = (picture.transpose(1, 2, 0) * 255).clip(0, 255).astype("uint8")
            result = self.predictor(picture[:, :, ::-1].copy())[0]
            yield [Image(picture), layers.labels_of(result.names)[int(number)], *_classes(result)]

    def _found(self, batch: Mapping[str, Any], labels: Mapping[int, str]) -> Iterator[list[Any]]:
        for at, result in enumerate(self.predictor(batch["im_file"])):
            truth = layers.Truth(batch, at)
            shown, told = self._layers_of(result)
            actual = {"ground-truth": truth.boxes(labels)}
            if self.task == "pose":
                with need("PIL.Image", "Ultralytics' pictures", "pillow").open(truth.file) as file:
                    picture = layers.array_of(file.convert("RGB"))
                drawn = layers.with_keypoints(picture, truth.keypoints(), self.visualize_skeleton)
                yield [Image(drawn, boxes=actual), self._figures(result, shown["boxes"]), *told]
            else:
                shown["boxes"].update(actual)
                yield [Image(truth.file, **shown), *told[1:]]

    # ---- predictions ----

    def on_predict_start(self, predictor: Any) -> None:
        _begin("prediction", predictor.args, _plain(predictor.args))
        # SAM's predictor takes what it is asked with away when it is done.
        self.prompts = copy.deepcopy(getattr(predictor, "prompts", None))

    def on_predict_end(self, predictor: Any) -> None:
        current_run("a prediction").config.update({"prediction_configs": _plain(predictor.args)}, allow_val_change=True)
        if self.task not in COLUMNS:
            return
        for result in predictor.results:
            self._add("Prediction-Table", self._predicted(result))
        self._log("Prediction-Table", ["Image"] if self.prompts is not None else ["Model-Name", *self._columns(0)])

    def _predicted(self, result: Any) -> list[Any]:
        if self.prompts is not None:
            return [layers.prompted_image(result, self.prompts)]
        if self.task == "classify":
            return [self.model_name, Image(layers.original_of(result)), *_classes(result)]
        shown, told = self._layers_of(result)
        if self.task == "pose":
            return [self.model_name, self._figures(result, shown["boxes"]), *told]
        return [self.model_name, Image(layers.original_of(result), **shown), *told]

    def _figures(self, result: Any, boxes: dict[str, Any]) -> Image:
        figures = list(layers.array_of(result.keypoints.data))
        return Image(layers.with_keypoints(layers.original_of(result), figures, self.visualize_skeleton), boxes=boxes)

    def _layers_of(self, result: Any) -> tuple[dict[str, Any], list[Any]]:
        """An image's layers; how many things there are, how sure that is, and how long it took."""
        labels = layers.labels_of(result.names)
        found = layers.predicted_boxes(result, labels)
        mask = layers.predicted_mask(result, labels) if self.task == "segment" else None
        shown: dict[str, Any] = {"boxes": {"predictions": found}, **({"masks": {"predictions": mask}} if mask else {})}
        return shown, [len(found["box_data"]), layers.mean_confidences(found), result.speed]

    # ---- tables ----

    def _columns(self, which: int) -> list[str]:
        return COLUMNS[self.task][which] if self.task in COLUMNS else []

    def _add(self, table: str, row: list[Any]) -> None:
        self._rows.setdefault(table, []).append(row)

    def _log(self, table: str, columns: list[str]) -> None:
        if self.task in COLUMNS:
            current_run(table).log({table: Table(columns=columns, data=self._rows.get(table, []))}, commit=False)


def _classes(result: Any) -> list[Any]:
    """What a picture is taken for."""
    labels, sure = layers.labels_of(result.names), [float(each) for each in layers.array_of(result.probs.data)]
    best = [int(each) for each in result.probs.top5]
    chances = {labels[number]: chance for number, chance in enumerate(sure)}
    first = int(result.probs.top1)
    return [labels[first], sure[first], [labels[each] for each in best], [sure[each] for each in best], chances, result.speed]


def _unwrapped(model: Any) -> Any:
    """What several processes train together is wrapped."""
    return getattr(model, "module", model)


def _plain(args: Any) -> dict[str, Any]:
    simple = (bool, int, float, str, list, dict, type(None))
    return {name: value if isinstance(value, simple) else str(value) for name, value in vars(args).items()}


def _begin(what: str, args: Any, config: dict[str, Any] | None = None) -> None:
    """A run, where none is going on. The project may be a folder's path."""
    if barograph.run is None:
        project = str(args.project).strip("/").replace("/", "-") if args.project else PROJECT
        barograph.init(project=project, job_type=f"{what}_{args.task}", config=config)


def add_wandb_callback(
    model: Any,
    epoch_logging_interval: int = 1,
    enable_model_checkpointing: bool = False,
    enable_train_validation_logging: bool = True,
    enable_validation_logging: bool = True,
    enable_prediction_logging: bool = True,
    max_validation_batches: int | None = 1,
    visualize_skeleton: bool | None = True,
) -> Any:
    """Has a model log what it sees, and answers it.

    Args:
        model: a YOLO or SAM.
        epoch_logging_interval: after how many epochs of a training pictures are logged.
        enable_model_checkpointing: whether the model becomes an artifact after each epoch.
        enable_train_validation_logging: whether pictures of a training's validations are logged.
        enable_validation_logging: whether those of other validations are.
        enable_prediction_logging: whether those of predictions are.
        max_validation_batches: how many batches of the validation data are shown each time; None: all.
        visualize_skeleton: whether the points of figures are joined.
    """
    if os.environ.get("RANK", "-1") not in ("-1", "0"):
        termwarn("callbacks are added in the first of the processes only")
        return model
    own = WandBUltralyticsCallback(
        model, epoch_logging_interval, max_validation_batches, enable_model_checkpointing, bool(visualize_skeleton)
    )
    enabled = {
        "on_fit_epoch_end": enable_train_validation_logging, "on_train_end": enable_train_validation_logging,
        "on_val_start": enable_validation_logging, "on_val_end": enable_validation_logging,
        "on_predict_start": enable_prediction_logging, "on_predict_end": enable_prediction_logging,
    }  # fmt: skip
    for event, callback in own.callbacks.items():
        if enabled.get(event, True):
            model.add_callback(event, callback)
    return model
