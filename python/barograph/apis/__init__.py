"""apis - reading and changing what was logged; `barograph.apis.public.Api` is the way in."""

from __future__ import annotations

from barograph.apis.public import Api as PublicApi

__all__ = ["PublicApi"]
