"""What other libraries are connected by. Each module imports its library; nothing here does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from barograph.run import Run


def start(run: Run, tensorboard: bool = False, gym: bool = False) -> None:
    """What init's sync_tensorboard and monitor_gym ask for."""
    if tensorboard:
        from barograph.integration.tensorboard import follow

        follow(run)
    if gym:
        from barograph.integration.gym import monitor

        monitor(run)
