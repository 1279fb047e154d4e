"""sb3.py - WandbCallback: a Stable-Baselines3 training's parameters, gradients and model. Its metrics come by TensorBoard."""

from __future__ import annotations

import os
from typing import Any, Literal

from stable_baselines3.common.callbacks import BaseCallback

from barograph.compat.names import termwarn
from barograph.integration.common import current_run
from barograph.watching import WHAT

Log = Literal["gradients", "parameters", "all"]


class WandbCallback(BaseCallback):  # type: ignore[misc]
    """To be given to a model's learn(). init(sync_tensorboard=True) logs what the model writes to its tensorboard_log.

    Args:
        verbose: how much Stable-Baselines3 prints.
        model_save_path: the folder that the model is saved in; None: it is not.
        model_save_freq: after how many steps it is saved; 0: at the end only.
        gradient_save_freq: after how many steps gradients, parameters or both are logged; 0: never.
        log: which of them.
    """

    def __init__(
        self,
        verbose: int = 0,
        model_save_path: str | None = None,
        model_save_freq: int = 0,
        gradient_save_freq: int = 0,
        log: Log | None = "all",
    ) -> None:
        super().__init__(verbose)
        self._run = current_run("WandbCallback()")
        if model_save_path is None and model_save_freq > 0:
            raise ValueError("model_save_freq needs a model_save_path")
        if log not in WHAT:
            termwarn(f"log is gradients, parameters, all or None, got {log!r}; all is logged")
            log = "all"
        self.model_save_path, self.model_save_freq = model_save_path, model_save_freq
        self.gradient_save_freq, self.log = gradient_save_freq, log
        if model_save_path is not None:
            os.makedirs(model_save_path, exist_ok=True)
            self.path = os.path.join(model_save_path, "model.zip")

    def _init_callback(self) -> None:
        facts = {"algo": type(self.model).__name__}
        for key, value in vars(self.model).items():
            facts[key] = value if type(value) in (float, int, str) else str(value)
        self._run.config.setdefaults(facts)
        if self.gradient_save_freq > 0:
            self._run.watch(self.model.policy, log=self.log, log_freq=self.gradient_save_freq)

    def _on_step(self) -> bool:
        if self.model_save_freq > 0 and self.n_calls % self.model_save_freq == 0:
            self.save_model()
        return True

    def _on_training_end(self) -> None:
        if self.model_save_path is not None:
            self.save_model()

    def save_model(self) -> None:
        """Saves the model, and sends it with the run's files."""
        self.model.save(self.path)
        self._run.save(self.path, base_path=self.model_save_path)
