"""The logger for Lightning's Fabric."""

from barograph.integration.lightning.fabric.logger import WandbLogger

__all__ = ["WandbLogger"]
