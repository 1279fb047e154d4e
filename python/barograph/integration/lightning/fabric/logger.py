"""logger.py - WandbLogger for Lightning's Fabric: Lightning's own logger, and what it has for Fabric beside it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from barograph.compat import as_wandb

# Lightning imports wandb.
as_wandb()

from lightning.fabric.utilities.rank_zero import rank_zero_only  # noqa: E402
from lightning.pytorch.loggers import WandbLogger as LightningsLogger  # noqa: E402

from barograph.data_types import Audio, Html, Video  # noqa: E402

if TYPE_CHECKING:
    from barograph.run import Run

PROJECT = "lightning_fabric_logs"


class WandbLogger(LightningsLogger):  # type: ignore[misc]
    """To be given to Fabric(loggers=...), or to a Trainer. The run begins when the first thing is logged.

    Args:
        name: the run's name.
        save_dir: the folder that the run's files are in.
        version: the run's id, to go on with one.
        offline: whether the run is kept to be sent later.
        dir: the same as save_dir.
        id: the same as version.
        anonymous: taken, and changes nothing.
        project: the project; WANDB_PROJECT, or "lightning_fabric_logs", by default.
        log_model: whether checkpoints become artifacts: True at the end, "all" when they are made.
        experiment: a run to log to, in place of one that is begun.
        prefix: what metrics' names begin with.
        checkpoint_name: the artifacts' name; model-RUN by default.
        log_checkpoint_on: "success", or "all" when checkpoints of trainings that failed are logged too.
        **kwargs: arguments of init.
    """

    def __init__(
        self,
        name: str | None = None,
        save_dir: str | os.PathLike[str] = ".",
        version: str | None = None,
        offline: bool = False,
        dir: str | os.PathLike[str] | None = None,
        id: str | None = None,
        anonymous: bool | None = None,
        project: str | None = None,
        log_model: Literal["all"] | bool = False,
        experiment: Run | None = None,
        prefix: str = "",
        checkpoint_name: str | None = None,
        log_checkpoint_on: Literal["success", "all"] = "success",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            name=name, save_dir=save_dir, version=version, offline=offline, dir=dir, id=id, anonymous=anonymous,
            project=project or os.environ.get("WANDB_PROJECT", PROJECT), log_model=log_model, experiment=experiment,
            prefix=prefix, checkpoint_name=checkpoint_name, **kwargs,
        )  # fmt: skip
        self._log_checkpoint_on = log_checkpoint_on

    def log_html(self, key: str, htmls: list[Any], step: int | None = None, **kwargs: Any) -> None:
        """Logs pages; further arguments are lists, with an item for each."""
        self._log_each(Html, key, "htmls", htmls, step, kwargs)

    def log_audio(self, key: str, audios: list[Any], step: int | None = None, **kwargs: Any) -> None:
        """Logs sounds, from arrays or files; further arguments are lists, with an item for each."""
        self._log_each(Audio, key, "audios", audios, step, kwargs)

    def log_video(self, key: str, videos: list[Any], step: int | None = None, **kwargs: Any) -> None:
        """Logs videos, from arrays or files; further arguments are lists, with an item for each."""
        self._log_each(Video, key, "videos", videos, step, kwargs)

    @rank_zero_only  # type: ignore[untyped-decorator]
    def _log_each(self, kind: type, key: str, what: str, values: list[Any], step: int | None, lists: dict[str, list[Any]]) -> None:
        if not isinstance(values, list):
            raise TypeError(f"{what} must be a list, got {type(values).__name__}")
        for name, items in lists.items():
            if len(items) != len(values):
                raise ValueError(f"{name} has {len(items)} items, {what} has {len(values)}")
        made = [kind(value, **{name: items[at] for name, items in lists.items()}) for at, value in enumerate(values)]
        self.log_metrics({key: made}, step)

    @property
    def log_dir(self) -> str | None:
        """The folder that the run's files are in."""
        return self.save_dir  # type: ignore[no-any-return]

    @property
    def root_dir(self) -> str | None:
        """The folder above it."""
        return str(Path(self.save_dir).parent) if self.save_dir else None

    @property
    def group_separator(self) -> str:
        return self.LOGGER_JOIN_CHAR  # type: ignore[no-any-return]

    def log_graph(self, model: Any, input_array: Any = None) -> None:
        """Does nothing: watch() logs a model's layers."""

    def save(self) -> None:
        """Ends the row that is being logged."""
        self.experiment.log({}, commit=True)

    def finalize(self, status: str) -> None:
        """Logs the checkpoints that are still to be logged."""
        super().finalize("success" if self._log_checkpoint_on == "all" else status)
