"""Barograph tracks machine-learning experiments: `run = barograph.init()`, `run.log({...})`, `run.finish()`.

What most scripts never use (media, artifacts, the public API, sweeps) is imported when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from barograph.errors import AuthenticationError, CommError, Error, UnsupportedError, UsageError
from barograph.run import Run
from barograph.settings import Settings

run: Run | None = None

from barograph.sdk import (  # noqa: E402
    attach,
    ensure_configured,
    finish,
    functions,
    init,
    join,
    require,
    restore,
    setup,
    teardown,
)

if TYPE_CHECKING:
    from barograph.alert_level import AlertLevel
    from barograph.apis.public import Api
    from barograph.artifacts import Artifact, ArtifactTTL
    from barograph.compat import as_wandb
    from barograph.data_types import (
        Audio,
        Bokeh,
        Classes,
        EvalTable,
        Graph,
        Histogram,
        Html,
        Image,
        JoinedTable,
        Molecule,
        Object3D,
        PartitionedTable,
        Plotly,
        Table,
        Video,
        box3d,
    )
    from barograph.api_key import login
    from barograph.steering import controller
    from barograph.sweeps import agent, sweep

__version__ = "0.1.0"

alert = functions["alert"]
define_metric = functions["define_metric"]
finish_artifact = functions["finish_artifact"]
link_artifact = functions["link_artifact"]
link_model = functions["link_model"]
log = functions["log"]
log_artifact = functions["log_artifact"]
log_code = functions["log_code"]
log_model = functions["log_model"]
mark_preempting = functions["mark_preempting"]
pin_config_keys = functions["pin_config_keys"]
save = functions["save"]
unwatch = functions["unwatch"]
upsert_artifact = functions["upsert_artifact"]
use_artifact = functions["use_artifact"]
use_model = functions["use_model"]
watch = functions["watch"]

# The modules of these names are found where modules are; as attributes they are the current run's, see __getattr__.
for _name in ("config", "summary"):
    globals().pop(_name, None)

# Names that are imported when they are first asked for, and where they are.
_LATER = {
    "AlertLevel": "barograph.alert_level",
    "Api": "barograph.apis.public",
    "Artifact": "barograph.artifacts",
    "ArtifactTTL": "barograph.artifacts",
    "Audio": "barograph.data_types",
    "Bokeh": "barograph.data_types",
    "Classes": "barograph.data_types",
    "Config": "barograph.config",
    "EvalTable": "barograph.data_types",
    "Graph": "barograph.data_types",
    "Histogram": "barograph.data_types",
    "Html": "barograph.data_types",
    "Image": "barograph.data_types",
    "JoinedTable": "barograph.data_types",
    "Molecule": "barograph.data_types",
    "Object3D": "barograph.data_types",
    "PartitionedTable": "barograph.data_types",
    "Plotly": "barograph.data_types",
    "Table": "barograph.data_types",
    "Video": "barograph.data_types",
    "agent": "barograph.sweeps",
    "as_wandb": "barograph.compat",
    "box3d": "barograph.data_types",
    "controller": "barograph.steering",
    "login": "barograph.api_key",
    "plot_table": "barograph.plot",
    "sagemaker_auth": "barograph.integration.sagemaker",
    "sweep": "barograph.sweeps",
    "termerror": "barograph.compat.names",
    "termlog": "barograph.compat.names",
    "termsetup": "barograph.compat.names",
    "termwarn": "barograph.compat.names",
    "visualize": "barograph.plot",
}
_INTEGRATIONS = ("catboost", "gym", "keras", "lightgbm", "sacred", "sklearn", "tensorboard", "xgboost")
_MODULES = ("apis", "data_types", "integration", "plot", "profiler", "util")

__all__ = [
    "AlertLevel",
    "Api",
    "Artifact",
    "ArtifactTTL",
    "Audio",
    "AuthenticationError",
    "Bokeh",
    "Classes",
    "CommError",
    "Error",
    "EvalTable",
    "Graph",
    "Histogram",
    "Html",
    "Image",
    "JoinedTable",
    "Molecule",
    "Object3D",
    "PartitionedTable",
    "Plotly",
    "Run",
    "Settings",
    "Table",
    "UnsupportedError",
    "UsageError",
    "Video",
    "agent",
    "alert",
    "as_wandb",
    "attach",
    "box3d",
    "controller",
    "define_metric",
    "ensure_configured",
    "finish",
    "finish_artifact",
    "init",
    "join",
    "link_artifact",
    "link_model",
    "log",
    "log_artifact",
    "log_code",
    "log_model",
    "login",
    "mark_preempting",
    "require",
    "restore",
    "run",
    "save",
    "setup",
    "sweep",
    "teardown",
    "unwatch",
    "upsert_artifact",
    "use_artifact",
    "use_model",
]


def __getattr__(name: str) -> Any:
    """barograph.config and barograph.summary are those of the current run; other names are imported now."""
    if name in ("config", "summary") and run is not None:
        return getattr(run, name)
    if name in ("config", "summary"):
        from barograph.preinit import PreInit

        return PreInit(name)
    if name in _LATER:
        value = getattr(importlib.import_module(_LATER[name]), name)
        globals()[name] = value
        return value
    if name in _INTEGRATIONS:
        return importlib.import_module(f"barograph.integration.{name}")
    if name in _MODULES:
        return importlib.import_module(f"barograph.{name}")
    raise AttributeError(f"module 'barograph' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_INTEGRATIONS, *_LATER, *_MODULES, "config", "summary"})
