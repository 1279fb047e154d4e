"""logging.py - what a run does with artifacts: it logs them, uses them, links them.

Logging is a record in the run's log; the sender uploads what it names. So log_artifact does not wait for the network,
works offline, and is not lost with the process.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any, Callable

from barograph.artifacts import documents
from barograph.artifacts.artifact import Artifact
from barograph.artifacts.errors import WaitTimeoutError
from barograph.artifacts.names import ArtifactPath, as_list, checked_aliases, checked_tags, own_name
from barograph.artifacts.record import artifact_record, config_record, use_record
from barograph.errors import CommError
from barograph.util import json_dumps_safer, make_artifact_name_safe

if TYPE_CHECKING:
    from barograph.run import Run
    from barograph.transport import Transport

LATEST = "latest"
POLL_S = 0.25
# Their content is not code, and it would contain itself.
OWN_FOLDERS = ("wandb", ".wandb")
SERVER_ID = "query ($clientID: ID!) { clientIDMapping(clientID: $clientID) { serverID } }"
STATE = "query ($id: ID!) { artifact(id: $id) { state } }"


def log_artifact(
    run: Run,
    artifact_or_path: Any,
    name: str | None = None,
    type: str | None = None,
    aliases: list[str] | None = None,
    tags: list[str] | None = None,
) -> Artifact:
    """Declares an artifact as the run's output."""
    return _log(run, artifact_or_path, name, type, aliases, tags)


def upsert_artifact(
    run: Run,
    artifact_or_path: Any,
    name: str | None = None,
    type: str | None = None,
    aliases: list[str] | None = None,
    distributed_id: str | None = None,
) -> Artifact:
    """Adds to an artifact that several processes write; finish_artifact ends it."""
    shared = _shared_id(run, distributed_id, "upsert_artifact")
    return _log(run, artifact_or_path, name, type, aliases, distributed_id=shared, is_finalized=False)


def finish_artifact(
    run: Run,
    artifact_or_path: Any,
    name: str | None = None,
    type: str | None = None,
    aliases: list[str] | None = None,
    distributed_id: str | None = None,
) -> Artifact:
    """Ends an artifact that several processes write: it becomes a version."""
    shared = _shared_id(run, distributed_id, "finish_artifact")
    return _log(run, artifact_or_path, name, type, aliases, distributed_id=shared)


def _shared_id(run: Run, distributed_id: str | None, what: str) -> str:
    shared = distributed_id or run.group
    if not shared:
        raise TypeError(f"{what} needs what the writers share: a distributed_id, or the group of the run")
    return shared


def _log(
    run: Run,
    artifact_or_path: Any,
    name: str | None,
    type: str | None,
    aliases: Any,
    tags: Any = None,
    distributed_id: str | None = None,
    is_finalized: bool = True,
    is_user_created: bool = False,
    is_used_after: bool = False,
) -> Artifact:
    artifact = _as_artifact(run, artifact_or_path, name, type)
    named = list(dict.fromkeys([*checked_aliases(aliases), LATEST]))
    artifact.distributed_id = distributed_id
    artifact.finalize()
    _refuse_other_place(run, artifact)
    record = artifact_record(
        run, artifact, named, checked_tags(tags), is_finalized, is_user_created, is_used_after
    )
    run._append_record(record)
    if not run.disabled:
        artifact._transport = _transport(run)
        artifact._wait_for_id = _waiter(run, artifact)
    return artifact


def _as_artifact(run: Run, artifact_or_path: Any, name: str | None, type: str | None) -> Artifact:
    if isinstance(artifact_or_path, Artifact):
        return artifact_or_path
    if not isinstance(artifact_or_path, (str, os.PathLike)):
        raise TypeError(f"an artifact or a path is logged, got {artifact_or_path.__class__.__name__}")
    path = os.fspath(artifact_or_path)
    artifact = Artifact(name or f"run-{run.id}-{os.path.basename(path)}", type or "unspecified")
    if os.path.isfile(path):
        artifact.add_file(path)
    elif os.path.isdir(path):
        artifact.add_dir(path)
    elif "://" in path:
        artifact.add_reference(path)
    else:
        raise ValueError(f"{path!r} is neither a file, nor a folder, nor an address")
    return artifact


def _refuse_other_place(run: Run, artifact: Artifact) -> None:
    pairs = (("entity", run.entity, artifact._source_entity), ("project", run.project, artifact._source_project))
    for what, ours, theirs in pairs:
        if not run.offline and ours and theirs and ours != theirs:
            raise ValueError(f"artifact {artifact.name!r} belongs to {what} {theirs!r}, a run of {ours!r} cannot add to it")


def _transport(run: Run, retry_seconds: float | None = None) -> Transport:
    from barograph.transport import Transport

    return Transport(run.settings.base_url or "", run.settings.api_key, retry_seconds=retry_seconds)


def _waiter(run: Run, artifact: Artifact) -> Callable[[float | None], str]:
    """Answers the server's id once the artifact is there. Asks the sender while the run lives, the server afterwards."""

    def wait(timeout: float | None) -> str:
        if run.offline:
            raise ValueError("an offline run's artifacts get to a server by `barograph sync`")
        deadline = None if timeout is None else time.monotonic() + timeout
        if not run._is_finished:
            return _ask_sender(run, artifact, timeout)
        while (found := _ask_server(artifact)) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise WaitTimeoutError(f"artifact {artifact.name!r} is not on the server after {timeout} s")
            time.sleep(POLL_S)
        return found

    return wait


def _ask_sender(run: Run, artifact: Artifact, timeout: float | None) -> str:
    try:
        told = run._ask("artifact", {"client_id": artifact._client_id}, timeout)
    except CommError as error:
        if timeout is not None and "time" in str(error):
            raise WaitTimeoutError(f"artifact {artifact.name!r} is not on the server after {timeout} s") from None
        raise
    if told.get("error"):
        raise ValueError(f"artifact {artifact.name!r} was not taken: {told['error']}")
    return str(told["id"])


def _ask_server(artifact: Artifact) -> str | None:
    mapping = artifact._query(SERVER_ID, {"clientID": artifact._client_id}).get("clientIDMapping") or {}
    if not mapping.get("serverID"):
        return None
    found = artifact._query(STATE, {"id": mapping["serverID"]}).get("artifact") or {}
    return str(mapping["serverID"]) if found.get("state") == "COMMITTED" else None


def use_artifact(
    run: Run,
    artifact_or_name: str | Artifact,
    type: str | None = None,
    aliases: Any = None,
    use_as: str | None = None,
) -> Artifact:
    """Declares an artifact as the run's input, and answers it."""
    if run.offline:
        raise TypeError("an offline run cannot use artifacts: they lie on a server")
    if isinstance(artifact_or_name, str):
        artifact = Artifact._by_name(_transport(run), _path(run, artifact_or_name))
        if type is not None and type != artifact.type:
            raise ValueError(f"artifact {artifact.name!r} is of type {artifact.type!r}, not {type!r}")
    elif isinstance(artifact_or_name, Artifact):
        artifact = artifact_or_name
        if artifact.is_draft():
            _log(run, artifact, None, None, as_list(aliases), is_user_created=True, is_used_after=True)
            return artifact.wait()
    else:
        raise ValueError(
            f"an artifact, or the name of one such as 'data:v1', is used, got {artifact_or_name.__class__.__name__}"
        )
    _tell_of_use(run, artifact, use_as)
    return artifact


def _tell_of_use(run: Run, artifact: Artifact, use_as: str | None) -> None:
    """At once, since the script may delete what it used next; by the log when the server does not know the run yet."""
    used = {"entityName": run.entity, "projectName": run.project, "runName": run.id, "artifactID": artifact.id}
    try:
        _transport(run, retry_seconds=0).query(documents.USE, {"input": {**used, "usedAs": use_as or artifact.name}})
    except CommError:
        run._append_record(use_record(artifact))


def _path(run: Run, name: str) -> ArtifactPath:
    if name.startswith("wandb-artifact://"):
        name = name[len("wandb-artifact://") :]
    return ArtifactPath.parse(name).filled(run.entity, run.project)


def link_artifact(run: Run, artifact: Artifact, target_path: str, aliases: list[str] | None = None) -> Artifact:
    """Puts an artifact into another collection too."""
    if run.offline:
        raise NotImplementedError("links are made on a server; an offline run cannot make one")
    if artifact.is_draft() and not artifact._is_draft_save_started():
        artifact = _log(run, artifact, None, None, None)
    target = ArtifactPath.parse(target_path)
    if not target.is_in_registry:
        target = target.filled(run.entity, run.project)
    return artifact.link(str(target), aliases)


def log_model(
    run: Run, path: str | os.PathLike[str], name: str | None = None, aliases: list[str] | None = None
) -> None:
    """Logs the files of a model."""
    _log(run, path, name, "model", aliases)


def _check_is_model(artifact: Artifact) -> None:
    if "model" not in artifact.type.lower():
        raise AssertionError(f"{artifact.name!r} is no model: its type is {artifact.type!r}, without 'model' in it")


def use_model(run: Run, name: str) -> str:
    """Downloads a model; answers the path of its file, or of its folder when there are several."""
    if run.offline:
        raise RuntimeError("an offline run cannot use models: they lie on a server")
    artifact = use_artifact(run, name)
    _check_is_model(artifact)
    folder = artifact.download()
    inside = os.listdir(folder)
    return os.path.join(folder, inside[0]) if len(inside) == 1 else folder


def link_model(
    run: Run,
    path: str | os.PathLike[str],
    registered_model_name: str,
    name: str | None = None,
    aliases: list[str] | None = None,
) -> Artifact:
    """Logs a model and links it to a registered one, which is made if need be."""
    if "/" in registered_model_name:
        raise AssertionError(f"a registered model has a name, not a path, got {registered_model_name!r}")
    type = "model"
    if name is not None:
        try:
            known = Artifact._by_name(_transport(run), _path(run, f"{name}:{LATEST}"))
        except (ValueError, CommError):
            pass
        else:
            _check_is_model(known)
            type = known.type
    artifact = _log(run, path, name, type, None)
    return link_artifact(run, artifact, f"{run.entity}/model-registry/{registered_model_name}", aliases)


# ---- code ----


def is_code(path: str) -> bool:
    base = os.path.basename(path)
    return base.endswith(".py") or base.startswith("Dockerfile") or base == "requirements.txt"


def is_ours(path: str, root: str) -> bool:
    return os.path.relpath(path, root).split(os.sep)[0] in OWN_FOLDERS


def _asked(rule: Callable[..., bool], path: str, root: str) -> bool:
    """Rules take the path, and the root when they want it."""
    import inspect

    return bool(rule(path, root) if len(inspect.signature(rule).parameters) == 2 else rule(path))


def log_code(
    run: Run,
    root: str | None = ".",
    name: str | None = None,
    include_fn: Callable[..., bool] | None = None,
    exclude_fn: Callable[..., bool] | None = None,
) -> Artifact | None:
    """Logs the code below root as an artifact of type "code"; None when there is none."""
    if name is None:
        program = getattr(run.settings, "program_relpath", None) or os.path.relpath(sys.argv[0] or "python")
        name = make_artifact_name_safe(f"source-{run.project}-{program}")
    artifact = Artifact._own(own_name(name), "code")
    place = os.path.abspath(root or ".")
    for folder, _, files in os.walk(place):
        for file in files:
            path = os.path.join(folder, file)
            if _asked(include_fn or is_code, path, place) and not _asked(exclude_fn or is_ours, path, place):
                artifact.add_file(path, name=os.path.relpath(path, place))
    if not len(artifact.manifest):
        print(f"barograph: there is no code below {place!r}", file=sys.stderr)
        return None
    _log(run, artifact, None, None, None)
    set_own_config(run, ["code_path"], artifact.name)
    return artifact


def set_own_config(run: Run, path: list[str], value: Any) -> None:
    """Sets a value below the config's `_wandb`, where clients keep what is theirs."""
    run._append_record(config_record(["_wandb", *path], json_dumps_safer(value)))
