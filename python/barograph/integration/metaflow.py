"""metaflow.py - wandb_log: each step of a Metaflow flow is a run; what it reads is used by it, what it leaves is logged."""

from __future__ import annotations

import copy
import functools
import inspect
import pickle
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Callable, NamedTuple

from metaflow import current

from barograph.artifacts import Artifact
from barograph.compat.names import termlog, termwarn
from barograph.errors import CommError
from barograph.settings import Settings

if TYPE_CHECKING:
    from barograph.run import Run

SCALARS = (dict, list, set, str, int, float, bool)


# ---- what a value is ----


class _Kind(NamedTuple):
    """Of values that become artifacts; `tracked` and `used` are what wandb_track and wandb_use answer when they only test."""

    tracked: str
    used: str
    artifact_type: str
    ending: str = "pkl"
    write: Callable[[Any, IO[bytes]], Any] = pickle.dump


def _write_parquet(frame: Any, file: IO[bytes]) -> None:
    frame.to_parquet(file, engine="pyarrow")


def _write_module(module: Any, file: IO[bytes]) -> None:
    sys.modules["torch"].save(module, file)


_FRAME = _Kind("pd.DataFrame", "datasets", "dataset", "parquet", _write_parquet)
_MODULE = _Kind("nn.Module", "models", "model", write=_write_module)
_ESTIMATOR = _Kind("BaseEstimator", "models", "model")
_PATH = _Kind("Path", "datasets", "dataset")
_OTHER = _Kind("generic", "others", "other")


def _is(value: Any, module: str, name: str) -> bool:
    """A library that nobody has imported has made no value."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(value, getattr(loaded, name))


def _kind_of(value: Any, datasets: bool, models: bool, others: bool) -> _Kind | None:
    if datasets and _is(value, "pandas", "DataFrame"):
        return _FRAME
    if models and _is(value, "torch.nn", "Module"):
        return _MODULE
    if models and _is(value, "sklearn.base", "BaseEstimator"):
        return _ESTIMATOR
    if datasets and isinstance(value, Path):
        return _PATH
    return _OTHER if others else None


# ---- one value ----


def wandb_track(
    name: str, data: Any, datasets: bool = False, models: bool = False, others: bool = False, run: Run | None = None,
    testing: bool = False,
) -> str | None:  # fmt: skip
    """Logs a value: plain ones as a metric, others as an artifact if their kind is asked for.

    With testing=True it only answers what it takes the value for.
    """
    if isinstance(data, SCALARS):
        if testing:
            return "scalar"
        _needed(run).log({name: data})
        return None
    kind = _kind_of(data, datasets, models, others)
    if kind is None or testing:
        return kind and kind.tracked
    artifact = Artifact(name, type=kind.artifact_type)
    if kind is not _PATH:
        with artifact.new_file(f"{name}.{kind.ending}", "wb") as file:
            kind.write(data, file)
    elif data.is_dir():
        artifact.add_dir(str(data))
    elif data.is_file():
        artifact.add_file(str(data))
    _needed(run).log_artifact(artifact)
    termlog(f"logged the artifact {name} ({type(data).__name__})")
    return None


def wandb_use(
    name: str, data: Any, datasets: bool = False, models: bool = False, others: bool = False, run: Run | None = None,
    testing: bool = False,
) -> str | None:  # fmt: skip
    """Declares the artifact of that name an input of the run, if it is of a kind that is asked for."""
    kind = None if isinstance(data, SCALARS) else _kind_of(data, datasets, models, others)
    if kind is None or testing:
        return kind and kind.used
    run = _needed(run)
    if run.offline:
        termwarn(f"{name} is not noted as an input: artifacts lie on a server, and the run is offline")
        return None
    try:
        run.use_artifact(f"{name}:latest")
        termlog(f"uses the artifact {name} ({type(data).__name__})")
    except CommError as error:
        termwarn(f"{name} ({type(data).__name__}) is not noted as an input; what a step made for itself has no artifact: {error}")
    return None


def _needed(run: Run | None) -> Run:
    if run is None:
        raise ValueError("wandb_track and wandb_use need run=, the run to log to")
    return run


# ---- steps and flows ----


class ArtifactProxy:
    """Stands for the flow while a step runs, and notes what the step reads of earlier steps and what it sets."""

    def __init__(self, flow: Any) -> None:
        own = {
            "flow": flow,
            "inputs": {},
            "outputs": {},
            "base": set(dir(flow)),
            "params": {name: getattr(flow, name) for name in current.parameter_names},
        }
        self.__dict__.update(own)  # past __setattr__, which is for the step's values

    def __setattr__(self, name: str, value: Any) -> None:
        self.outputs[name] = value
        setattr(self.flow, name, value)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.flow, name)
        if name not in self.base and name not in self.outputs:
            self.inputs[name] = value
        return value


def wandb_log(
    func: Any = None,
    /,
    datasets: bool = False,
    models: bool = False,
    others: bool = False,
    settings: Settings | None = None,
) -> Any:
    """Decorates a step, or a flow, which is all its steps. What is said at a step goes before what is said at its flow.

    Args:
        func: the step or the flow.
        datasets: whether data frames of pandas and paths become artifacts.
        models: whether models of torch and scikit-learn do.
        others: whether whatever else pickle takes does.
        settings: init's settings; the group is FLOW/RUN and the job type the step's name where they say nothing.
    """
    kinds = {"datasets": datasets, "models": models, "others": others}

    def decorate(target: Any) -> Any:
        if inspect.isclass(target):
            for name, step in list(vars(target).items()):
                if getattr(step, "is_step", False):
                    setattr(target, name, decorate(step))
            return target
        if hasattr(target, "_base_func"):
            return target

        @functools.wraps(target)
        def logging_step(self: Any, *args: Any, **kwargs: Any) -> None:
            import barograph

            with barograph.init(settings=_settings_of_step(settings)) as run:
                proxy = ArtifactProxy(self)
                run.config.update(proxy.params)
                target(proxy, *args, **kwargs)
                for name, value in proxy.inputs.items():
                    wandb_use(name, value, run=run, **kinds)
                for name, value in proxy.outputs.items():
                    wandb_track(name, value, run=run, **kinds)

        logging_step._base_func = target  # type: ignore[attr-defined]
        logging_step._kwargs = {**kinds, "settings": settings}  # type: ignore[attr-defined]
        return logging_step

    return decorate if func is None else decorate(func)


def _settings_of_step(settings: Settings | None) -> Settings:
    own = Settings() if settings is None else copy.copy(settings)
    if own.run_group is None:
        own.run_group = f"{current.flow_name}/{current.run_id}"
    if own.run_job_type is None:
        own.run_job_type = current.step_name
    return own
