"""run_outputs.py - RunOutputs: artifacts, models, code and watched modules of a run, each a call away. Run is made of it.

What the calls do lies in barograph.artifacts.logging and barograph.watching, which are imported by the first call.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable, cast

from barograph.code import is_a_runs, is_code

if TYPE_CHECKING:
    from barograph.run import Run


class RunOutputs:
    """The half of Run that other parts of the package do."""

    def _as_run(self) -> Run:
        return cast("Run", self)

    def log_artifact(
        self,
        artifact_or_path: Any,
        name: str | None = None,
        type: str | None = None,
        aliases: list[str] | None = None,
        tags: list[str] | None = None,
    ) -> Any:
        """Declares an artifact as an output of the run; its files are sent by the sender."""
        from barograph.artifacts import logging

        return logging.log_artifact(self._as_run(), artifact_or_path, name=name, type=type, aliases=aliases, tags=tags)

    def use_artifact(
        self,
        artifact_or_name: Any,
        type: str | None = None,
        aliases: list[str] | None = None,
        use_as: str | None = None,
    ) -> Any:
        """Declares an artifact as an input of the run; download() or file() on the result bring its content."""
        from barograph.artifacts import logging

        return logging.use_artifact(self._as_run(), artifact_or_name, type=type, aliases=aliases, use_as=use_as)

    def link_artifact(self, artifact: Any, target_path: str, aliases: list[str] | None = None) -> Any:
        """Links an artifact to a collection, such as one of a registry."""
        from barograph.artifacts import logging

        return logging.link_artifact(self._as_run(), artifact, target_path, aliases=aliases)

    def upsert_artifact(
        self,
        artifact_or_path: Any,
        name: str | None = None,
        type: str | None = None,
        aliases: list[str] | None = None,
        distributed_id: str | None = None,
    ) -> Any:
        """Declares, or adds to, an artifact that several writers make together; finish_artifact completes it."""
        from barograph.artifacts import logging

        return logging.upsert_artifact(
            self._as_run(), artifact_or_path, name=name, type=type, aliases=aliases, distributed_id=distributed_id
        )

    def finish_artifact(
        self,
        artifact_or_path: Any,
        name: str | None = None,
        type: str | None = None,
        aliases: list[str] | None = None,
        distributed_id: str | None = None,
    ) -> Any:
        """Completes an artifact that upsert_artifact began: later calls make a new version."""
        from barograph.artifacts import logging

        return logging.finish_artifact(
            self._as_run(), artifact_or_path, name=name, type=type, aliases=aliases, distributed_id=distributed_id
        )

    def log_model(self, path: str | os.PathLike[str], name: str | None = None, aliases: list[str] | None = None) -> None:
        """Logs the files below path as a model artifact, an output of the run."""
        from barograph.artifacts import logging

        logging.log_model(self._as_run(), path, name=name, aliases=aliases)

    def use_model(self, name: str) -> Any:
        """Downloads a model artifact; answers the path of its file, or of its folder when there are several."""
        from barograph.artifacts import logging

        return logging.use_model(self._as_run(), name)

    def link_model(
        self,
        path: str | os.PathLike[str],
        registered_model_name: str,
        name: str | None = None,
        aliases: list[str] | None = None,
    ) -> Any:
        """Logs a model and links it to a registered model."""
        from barograph.artifacts import logging

        return logging.link_model(self._as_run(), path, registered_model_name, name=name, aliases=aliases)

    def log_code(
        self,
        root: str | None = ".",
        name: str | None = None,
        include_fn: Callable[[str, str], bool] | Callable[[str], bool] = is_code,
        exclude_fn: Callable[[str, str], bool] | Callable[[str], bool] = is_a_runs,
    ) -> Any:
        """Keeps the code below root as an artifact of type "code"."""
        from barograph.artifacts import logging

        return logging.log_code(self._as_run(), root, name=name, include_fn=include_fn, exclude_fn=exclude_fn)

    def watch(
        self,
        models: Any,
        criterion: Any = None,
        log: str | None = "gradients",
        log_freq: int = 1000,
        idx: int | None = None,
        log_graph: bool = False,
    ) -> None:
        """Records gradients, parameters, or both, of torch modules as they train."""
        from barograph import watching

        watching.watch(self._as_run(), models, criterion=criterion, log=log, log_freq=log_freq, idx=idx, log_graph=log_graph)

    def unwatch(self, models: Any = None) -> None:
        """Removes what watch() put on the modules; all of them when none is named."""
        from barograph import watching

        watching.unwatch(self._as_run(), models)
