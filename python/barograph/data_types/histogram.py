"""histogram.py - Histogram: how often values fell between edges."""

from __future__ import annotations

from typing import Any, Sequence

from barograph.data_types.base import WBValue
from barograph.util import is_pytorch_tensor, need


class Histogram(WBValue):
    """A histogram.

    Args:
        sequence: the values; numpy counts them.
        np_histogram: or what numpy.histogram answered: counts, and one edge more.
        num_bins: how many bins, at most 512.
    """

    MAX_LENGTH = 512
    _log_type = "histogram"

    def __init__(
        self,
        sequence: Any = None,
        np_histogram: tuple[Sequence[float], Sequence[float]] | None = None,
        num_bins: int = 64,
    ) -> None:
        super().__init__()
        if np_histogram is None:
            if is_pytorch_tensor(sequence):
                sequence = sequence.detach().cpu().float().numpy()
            np_histogram = need("numpy", "a histogram of values").histogram(sequence, bins=num_bins)
        elif len(np_histogram) != 2:
            raise ValueError("np_histogram is a pair: counts and edges")
        self.histogram, self.bins = (each.tolist() if hasattr(each, "tolist") else each for each in np_histogram)
        if len(self.histogram) > self.MAX_LENGTH:
            raise ValueError(f"a histogram has at most {self.MAX_LENGTH} bins, got {len(self.histogram)}")
        if len(self.histogram) + 1 != len(self.bins):
            raise ValueError(f"{len(self.histogram)} bins have {len(self.histogram) + 1} edges, got {len(self.bins)}")

    def to_json(self, run_or_artifact: Any = None) -> dict[str, Any]:
        return {"_type": self._log_type, "values": self.histogram, "bins": self.bins}
