"""kfp.py - wandb_log: each call of a component of Kubeflow Pipelines (version 2) is a run.

A component's source is sent to a container without its decorators. Importing this module changes the functions of kfp
that do so: wandb_log stays at the component, what it needs is imported before it, and this package is installed.
"""

from __future__ import annotations

import functools
import inspect
import os
import textwrap
from typing import TYPE_CHECKING, Any, Callable

import kfp
from kfp.dsl.types.type_annotations import (
    InputPath,
    OutputPath,
    is_artifact_wrapped_in_Input,
    is_artifact_wrapped_in_Output,
)

from barograph.artifacts import Artifact
from barograph.compat.names import termlog, termwarn

if TYPE_CHECKING:
    from barograph.run import Run

__all__ = ["unpatch_kfp", "wandb_log"]

PACKAGE = "barograph"
# What stands before a component's source in its container.
PREAMBLE = """\
from barograph.compat import as_wandb
as_wandb()
import wandb
from wandb.integration.kfp import wandb_log
"""


# ---- a call ----


class _Component:
    """A component's parameters, by what its annotations call them."""

    def __init__(self, func: Callable[..., Any]) -> None:
        self.scalars: list[str] = []
        self.inputs: list[str] = []
        self.outputs: list[str] = []
        for name, annotation in func.__annotations__.items():
            if name == "return":
                continue
            if is_artifact_wrapped_in_Output(annotation) or isinstance(annotation, OutputPath):
                self.outputs.append(name)
            elif is_artifact_wrapped_in_Input(annotation) or isinstance(annotation, InputPath):
                self.inputs.append(name)
            else:
                self.scalars.append(name)


def _log_file(run: Run, name: str, value: Any, is_input: bool) -> None:
    """An artifact of kfp's, or a path, as one of the run's; what is not there is none. A failure is no reason to stop the component."""
    try:
        path = value.path if isinstance(value, kfp.dsl.Artifact) else value
        if not isinstance(path, str) or not os.path.exists(path):
            return
        artifact = Artifact(name, type="kfp_artifact")
        artifact.add_dir(path) if os.path.isdir(path) else artifact.add_file(path)
        (run.use_artifact if is_input else run.log_artifact)(artifact)
        termlog(f"{'uses' if is_input else 'logged'} the artifact {name}")
    except Exception as error:
        termwarn(f"the {'input' if is_input else 'output'} {name} is not logged: {error}")


def _row(name: str, answer: Any) -> dict[str, Any]:
    """A named tuple's fields are the outputs of a component that has several."""
    fields = getattr(answer, "_fields", None)
    if isinstance(answer, tuple) and isinstance(fields, tuple):
        return {f"{name}.{field}": value for field, value in zip(fields, answer)}
    return {name: answer}


def wandb_log(func: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """Decorates a component's function, below @dsl.component.

    What it is called with becomes the run's config, what it answers is logged under its name, and files that are
    annotated as Input or Output become artifacts. WANDB_RUN_GROUP, KFP_RUN_NAME or ARGO_WORKFLOW_NAME names the group.
    """
    if func is None:
        return wandb_log
    component, signature = _Component(func), inspect.signature(func)

    @functools.wraps(func)
    def logging_component(*args: Any, **kwargs: Any) -> Any:
        import barograph

        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        given = bound.arguments
        groups = (os.environ.get(name) for name in ("WANDB_RUN_GROUP", "KFP_RUN_NAME", "ARGO_WORKFLOW_NAME"))
        with barograph.init(job_type=func.__name__, group=next(filter(None, groups), None)) as run:
            page = os.environ.get("WANDB_KUBEFLOW_URL")
            run.config.update({name: given[name] for name in component.scalars} | ({"LINK_TO_KUBEFLOW": page} if page else {}))
            for name in component.inputs:
                _log_file(run, name, given[name], is_input=True)
            answer = func(*bound.args, **bound.kwargs)
            if answer is not None:
                run.log(_row(func.__name__, answer))
            for name in component.outputs:
                _log_file(run, name, given[name], is_input=False)
        return answer

    logging_component._wandb_logged = True  # type: ignore[attr-defined]
    # kfp asks for the parameters in a way that does not look below a wrapper.
    logging_component.__signature__ = signature  # type: ignore[attr-defined]
    return logging_component


# ---- the way into a container ----

_originals: dict[str, Any] = {}


def patch_kfp() -> None:
    """Has kfp send wandb_log with the components that have it. A second call changes nothing."""
    from kfp.dsl import component_factory as factory

    if _originals:
        return
    for name, changed in _CHANGED.items():
        _originals[name] = getattr(factory, name)
        setattr(factory, name, changed)


def unpatch_kfp() -> None:
    """Puts kfp's functions back."""
    from kfp.dsl import component_factory as factory

    while _originals:
        setattr(factory, *_originals.popitem())


def _source(func: Callable[..., Any]) -> str:
    """The function's source from wandb_log on."""
    source = textwrap.dedent(inspect.getsource(func))
    lines = source.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line.startswith(("def ", "@wandb_log")):
            return "".join(lines[number:])
    raise ValueError(f"the source of {func.__name__} has no line that begins with def")


def _create(func: Callable[..., Any], *args: Any, packages_to_install: list[str] | None = None, **kwargs: Any) -> Any:
    packages = list(packages_to_install or [])
    if getattr(func, "_wandb_logged", False) and not any(PACKAGE in each for each in packages):
        packages.append(PACKAGE)
    return _originals["create_component_from_func"](func, *args, packages_to_install=packages, **kwargs)


def _command(func: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[list[str], list[str]]:
    command, arguments = _originals["_get_command_and_args_for_lightweight_component"](func, *args, **kwargs)
    if getattr(func, "_wandb_logged", False):
        command = [*command[:3], f"{PREAMBLE}\n{command[3]}", *command[4:]]
    return command, arguments


_CHANGED: dict[str, Callable[..., Any]] = {
    "_get_function_source_definition": _source,
    "create_component_from_func": _create,
    "_get_command_and_args_for_lightweight_component": _command,
}

# In a container there is nothing to send, and that half of kfp is not there.
if os.environ.get("_KFP_RUNTIME", "false") != "true":
    patch_kfp()
