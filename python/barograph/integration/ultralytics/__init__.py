"""What models of Ultralytics (YOLO, SAM) see, as tables of images."""

from barograph.integration.ultralytics.callback import WandBUltralyticsCallback, add_wandb_callback

__all__ = ["WandBUltralyticsCallback", "add_wandb_callback"]
