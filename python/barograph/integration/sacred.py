"""sacred.py - WandbObserver: a Sacred experiment's configuration, metrics, results and artifacts become a run."""

from __future__ import annotations

import os
import warnings
from typing import Any, Mapping

from sacred.dependencies import get_digest
from sacred.observers import RunObserver

from barograph.artifacts import Artifact
from barograph.util import need


class WandbObserver(RunObserver):  # type: ignore[misc]
    """To be appended to an experiment's observers. The arguments are init's."""

    def __init__(self, **kwargs: Any) -> None:
        import barograph

        self.run = barograph.init(**kwargs)
        self.resources: dict[str, str] = {}

    def started_event(
        self, ex_info: Any, command: Any, host_info: Any, start_time: Any, config: Mapping[str, Any], meta_info: Any, _id: Any
    ) -> None:
        self.run.config.update({**config, "resources": []}, allow_val_change=True)

    def completed_event(self, stop_time: Any, result: Any) -> None:
        if result is None:
            return
        results = result if isinstance(result, tuple) else (result,)
        for number, each in enumerate(results):
            self._log_result(f"result_{number}", each)

    def _log_result(self, key: str, value: Any) -> None:
        if isinstance(value, (bool, int, float)):
            self.run.log({key: float(value)})
        elif isinstance(value, Mapping):
            self.run.log(dict(value))
        elif _is_array(value):
            self.run.log({key: _image(value)})
        elif isinstance(value, (str, os.PathLike)) and os.path.isfile(value):
            artifact = Artifact(f"{key}.pkl", type="result")
            artifact.add_file(os.fspath(value))
            self.run.log_artifact(artifact)
        else:
            warnings.warn(f"a result of type {type(value).__name__} is not logged", stacklevel=2)

    def artifact_event(self, name: str, filename: str, metadata: Any = None, content_type: str | None = None) -> None:
        artifact = Artifact(name, type=content_type or "file")
        artifact.add_file(filename)
        self.run.log_artifact(artifact)

    def resource_event(self, filename: str) -> None:
        if filename not in self.resources:
            self.resources[filename] = get_digest(filename)

    def log_metrics(self, metrics_by_name: Mapping[str, Mapping[str, Any]], info: Any) -> None:
        for name, series in metrics_by_name.items():
            for value in series["values"]:
                self.run.log({name: _image(value) if _is_array(value) else value})


def _is_array(value: Any) -> bool:
    return isinstance(value, need("numpy", "sacred's arrays").ndarray)


def _image(array: Any) -> Any:
    from barograph.data_types import Image

    return Image(array)
