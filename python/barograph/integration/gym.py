"""gym.py - init(monitor_gym=True): videos that gymnasium's RecordVideo makes are logged to the run."""

from __future__ import annotations

import functools
import importlib
import os
from typing import TYPE_CHECKING, Any

from barograph.util import need

if TYPE_CHECKING:
    from barograph.run import Run

KEY = "videos"


def monitor(run: Run) -> None:
    """Logs each video when it is complete."""
    need("gymnasium", "monitor_gym")
    recorder = importlib.import_module("gymnasium.wrappers").RecordVideo
    stop = recorder.stop_recording

    @functools.wraps(stop)
    def stopped(self: Any, *args: Any, **kwargs: Any) -> Any:
        name = getattr(self, "_video_name", None)
        answer = stop(self, *args, **kwargs)
        path = os.path.join(self.video_folder, f"{name}.mp4")
        if name and os.path.exists(path) and not run._is_finished:
            from barograph.data_types import Video

            run.log({KEY: Video(path)})
        return answer

    recorder.stop_recording = stopped
