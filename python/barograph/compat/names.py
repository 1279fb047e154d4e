"""names.py - which names of wandb stand for what. Integrations import these; a name that is missing breaks one.

ALIASES are modules of ours under the other name; what is below them is found below ours. MADE are modules that have no
counterpart: a function makes their content. TOP_LEVEL are names of the package itself. ABSENT are modules that there is
nothing for, and what to do instead.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any, Callable, Iterator

# The version whose interface this is; frameworks compare it.
VERSION = "0.31.0"

ALIASES: dict[str, str] = {
    "wandb.apis": "barograph.apis",
    "wandb.apis.public": "barograph.apis.public",
    "wandb.catboost": "barograph.integration.catboost",
    "wandb.data_types": "barograph.data_types",
    "wandb.errors.errors": "barograph.errors",
    "wandb.fastai": "barograph.integration.fastai",
    "wandb.integration": "barograph.integration",
    "wandb.integration.torch": "barograph.watching",
    "wandb.integration.torch.wandb_torch": "barograph.watching",
    "wandb.keras": "barograph.integration.keras",
    "wandb.lightgbm": "barograph.integration.lightgbm",
    "wandb.plot": "barograph.plot",
    "wandb.profiler": "barograph.profiler",
    "wandb.sacred": "barograph.integration.sacred",
    "wandb.sdk.artifacts": "barograph.artifacts",
    "wandb.sdk.artifacts.artifact_manifest": "barograph.artifacts.manifest",
    "wandb.sdk.artifacts.artifact_manifest_entry": "barograph.artifacts.manifest",
    "wandb.sdk.artifacts.artifact_ttl": "barograph.artifacts.ttl",
    "wandb.sdk.artifacts.exceptions": "barograph.artifacts.errors",
    "wandb.sdk.data_types": "barograph.data_types",
    "wandb.sdk.data_types.audio": "barograph.data_types.files",
    "wandb.sdk.data_types.base_types": "barograph.data_types.base",
    "wandb.sdk.data_types.base_types.media": "barograph.data_types.base",
    "wandb.sdk.data_types.base_types.wb_value": "barograph.data_types.base",
    "wandb.sdk.data_types.bokeh": "barograph.data_types.figures",
    "wandb.sdk.data_types.eval_table": "barograph.data_types.eval_table",
    "wandb.sdk.data_types.helper_types": "barograph.data_types.image_layers",
    "wandb.sdk.data_types.helper_types.bounding_boxes_2d": "barograph.data_types.image_layers",
    "wandb.sdk.data_types.helper_types.classes": "barograph.data_types.image_layers",
    "wandb.sdk.data_types.helper_types.image_mask": "barograph.data_types.image_layers",
    "wandb.sdk.data_types.html": "barograph.data_types.files",
    "wandb.sdk.data_types.molecule": "barograph.data_types.files",
    "wandb.sdk.data_types.object_3d": "barograph.data_types.files",
    "wandb.sdk.data_types.plotly": "barograph.data_types.figures",
    "wandb.sdk.data_types.video": "barograph.data_types.files",
    "wandb.sdk.wandb_alerts": "barograph.alert_level",
    "wandb.sdk.wandb_config": "barograph.config",
    "wandb.sdk.wandb_init": "barograph.sdk",
    "wandb.sdk.wandb_login": "barograph.api_key",
    "wandb.sdk.wandb_metric": "barograph.metric",
    "wandb.sdk.wandb_run": "barograph.run",
    "wandb.sdk.wandb_settings": "barograph.settings",
    "wandb.sdk.wandb_setup": "barograph.sdk",
    "wandb.sdk.wandb_summary": "barograph.summary",
    "wandb.sdk.wandb_sweep": "barograph.sweeps",
    "wandb.sdk.wandb_watch": "barograph.watching",
    "wandb.sklearn": "barograph.integration.sklearn",
    "wandb.tensorboard": "barograph.integration.tensorboard",
    "wandb.util": "barograph.util",
    "wandb.wandb_run": "barograph.run",
    "wandb.wandb_torch": "barograph.watching",
    "wandb.xgboost": "barograph.integration.xgboost",
}


# ---- printing ----


def _say(text: object, prefix: bool = True, newline: bool = True, is_quiet_kind: bool = True) -> None:
    quiet = os.environ.get("BAROGRAPH_QUIET") or os.environ.get("WANDB_SILENT") or ""
    if not (is_quiet_kind and quiet.lower() in ("1", "true")):
        print(f"barograph: {text}" if prefix else text, end="\n" if newline else "", file=sys.stderr)


def termlog(string: object = "", newline: bool = True, repeat: bool = True, prefix: bool = True, **unused: Any) -> None:
    """Says something to whoever looks at the terminal."""
    _say(string, prefix, newline)


def termsetup(settings: Any = None, logger: Any = None) -> None:
    """There is nothing to set up: what is printed goes by the environment."""


_said: set[str] = set()


def termwarn(string: object, newline: bool = True, repeat: bool = True, prefix: bool = True, **unused: Any) -> None:
    """A warning; repeat=False says it once."""
    if repeat or str(string) not in _said:
        _said.add(str(string))
        _say(string, prefix, newline)


def termerror(string: object, newline: bool = True, repeat: bool = True, prefix: bool = True, **unused: Any) -> None:
    """An error that does not end anything."""
    _say(string, prefix, newline, is_quiet_kind=False)


# ---- modules without a counterpart ----


class _Anything:
    """Takes any attribute and any call: for telemetry, which we do not have."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything()

    def __setattr__(self, name: str, value: Any) -> None:
        return None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _Anything()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *unused: object) -> None:
        return None


class RunDisabled:
    """What older clients answered for a run that records nothing; ours is a Run whose `disabled` is True."""


@contextlib.contextmanager
def _telemetry(*args: Any, **kwargs: Any) -> Iterator[Any]:
    yield _Anything()


def _errors() -> dict[str, Any]:
    from barograph import errors

    names = {name: value for name, value in vars(errors).items() if not name.startswith("_")}
    return {**names, **_term()}


def _term() -> dict[str, Any]:
    return {"termlog": termlog, "termwarn": termwarn, "termerror": termerror}


def _nothing() -> dict[str, Any]:
    return {}


def _lib() -> dict[str, Any]:
    return {"RunDisabled": RunDisabled}


def _runid() -> dict[str, Any]:
    from barograph.util import generate_id

    return {"generate_id": generate_id, "generate_fast_id": generate_id}


def _telemetry_module() -> dict[str, Any]:
    return {"context": _telemetry, "TelemetryRecord": _Anything, "_import_telemetry": _Anything()}


def _messages() -> dict[str, Any]:
    return {"Deprecated": _Anything, "TelemetryRecord": _Anything, "Feature": _Anything, "Imports": _Anything}


def _deprecate() -> dict[str, Any]:
    def deprecate(field_name: Any = None, warning_message: str = "", run: Any = None) -> None:
        termwarn(warning_message, repeat=False)

    return {"deprecate": deprecate, "Deprecated": _Anything(), "warn_and_record_deprecation": _Anything()}


def _paths() -> dict[str, Any]:
    return {"LogicalPath": str, "StrPath": str, "FilePathStr": str, "URIStr": str}


def _filenames() -> dict[str, Any]:
    return {
        "CONFIG_FNAME": "config.yaml",
        "METADATA_FNAME": "wandb-metadata.json",
        "OUTPUT_FNAME": "output.log",
        "REQUIREMENTS_FNAME": "requirements.txt",
        "SUMMARY_FNAME": "wandb-summary.json",
    }


def _filesystem() -> dict[str, Any]:
    def mkdir_exists_ok(dir_name: Any) -> None:
        os.makedirs(dir_name, exist_ok=True)

    return {"mkdir_exists_ok": mkdir_exists_ok}


def _hashutil() -> dict[str, Any]:
    from barograph.artifacts.manifest import digest_as_hex, file_digest, text_digest

    return {"md5_file_b64": file_digest, "md5_string": text_digest, "b64_to_hex_id": digest_as_hex}


def _ipython() -> dict[str, Any]:
    def in_jupyter() -> bool:
        return "ipykernel" in sys.modules

    def kind() -> str:
        return "jupyter" if in_jupyter() else "python"

    return {"_get_python_type": kind, "in_jupyter": in_jupyter, "in_notebook": in_jupyter}


def _import_hooks() -> dict[str, Any]:
    def add_import_hook(fullname: str, on_import: Callable[[Any], None]) -> None:
        if fullname in sys.modules:
            on_import(sys.modules[fullname])

    return {"add_import_hook": add_import_hook}


def _env() -> dict[str, Any]:
    names = ("API_KEY", "BASE_URL", "DIR", "ENTITY", "MODE", "NAME", "NOTES", "PROJECT", "RESUME", "RUN_ID", "SILENT")
    own = {name: f"WANDB_{name}" for name in names}

    def get(name: str) -> Callable[..., str | None]:
        return lambda default=None, env=None: (env or os.environ).get(f"WANDB_{name}", default)

    def is_offline(env: Any = None) -> bool:
        return (env or os.environ).get("WANDB_MODE") in ("offline", "dryrun")

    getters = {f"get_{name.lower()}": get(name) for name in ("PROJECT", "ENTITY", "DIR", "MODE")}
    return {**own, **getters, "is_offline": is_offline}


MADE: dict[str, Callable[[], dict[str, Any]]] = {
    "wandb.agents": _nothing,
    "wandb.env": _env,
    "wandb.errors": _errors,
    "wandb.errors.term": _term,
    "wandb.errors.util": _nothing,
    "wandb.proto": _nothing,
    "wandb.proto.wandb_deprecated": _messages,
    "wandb.proto.wandb_internal_pb2": _messages,
    "wandb.proto.wandb_telemetry_pb2": _messages,
    "wandb.sdk": _nothing,
    "wandb.sdk.integration_utils": _nothing,
    "wandb.sdk.interface": _nothing,
    "wandb.sdk.internal": _nothing,
    "wandb.sdk.lib": _lib,
    "wandb.sdk.lib.deprecate": _deprecate,
    "wandb.sdk.lib.deprecation": _deprecate,
    "wandb.sdk.lib.disabled": _lib,
    "wandb.sdk.lib.filenames": _filenames,
    "wandb.sdk.lib.filesystem": _filesystem,
    "wandb.sdk.lib.hashutil": _hashutil,
    "wandb.sdk.lib.import_hooks": _import_hooks,
    "wandb.sdk.lib.ipython": _ipython,
    "wandb.sdk.lib.paths": _paths,
    "wandb.sdk.lib.runid": _runid,
    "wandb.sdk.lib.telemetry": _telemetry_module,
}


ABSENT: dict[str, str] = {
    "wandb.automations": "automations are made on the project's page, or by the official client",
    "wandb.docker": "there is no command for containers; WANDB_BASE_URL and WANDB_API_KEY are all that one needs",
    "wandb.integration.tensorflow": "TensorFlow has no estimators any more; init(sync_tensorboard=True), or the callbacks for Keras",
    "wandb.integration.weave": "Weave is a product of its own, and hosted",
    "wandb.jupyter": "there are no magics; barograph.init() in a cell, and run.display() shows it",
    "wandb.sandbox": "it runs at a service of its own",
    "wandb.sdk.data_types.trace_tree": "traces of LangChain 0.0 are shown by nobody any more; log texts as a barograph.Table",
    "wandb.sdk.launch": "launch is not offered; agents of sweeps run programs: wandb agent",
    "wandb.tensorflow": "TensorFlow has no estimators any more; init(sync_tensorboard=True), or the callbacks for Keras",
}


def why_absent(name: str) -> str:
    """Of a module, or one above it."""
    above = name
    while above:
        if above in ABSENT:
            return f"{name} has no counterpart in barograph: {ABSENT[above]}"
        above = above.rpartition(".")[0]
    return f"{name} has no counterpart in barograph"


_TYPES = ("BoundingBoxes2D", "ImageMask", "Node", "WBValue")

# What the package itself does not have at its top.
TOP_LEVEL = {name: ("barograph.data_types", name) for name in _TYPES}
