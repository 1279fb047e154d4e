"""fastai.py - fastai's own WandbCallback, which logs to the current run of this package.

fastai has had its callback since version 2; the one for version 1 has gone with it.
"""

from __future__ import annotations

from barograph.compat import as_wandb

# fastai imports wandb.
as_wandb()

from fastai.callback.wandb import WandbCallback  # noqa: E402

__all__ = ["WandbCallback"]
