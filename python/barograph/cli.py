"""cli.py - the commands of `barograph` that are Python: agent, artifact, exec, export, import, login, sweep."""

from __future__ import annotations

import argparse
import sys
from typing import Any, Callable, Sequence

from barograph.errors import Error, UsageError

EXIT_FAILED, EXIT_USAGE = 1, 2
_STATES = {"pause": "PAUSED", "resume": "RUNNING", "stop": "FINISHED", "cancel": "CANCELED"}


def _login(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("barograph login")
    parser.add_argument("--host", help="the server; the configured one by default")
    parser.add_argument("--relogin", action="store_true", help="asks although there is a key")
    parser.add_argument("--key-file", help="where the key is; - for standard input")
    given = parser.parse_args(arguments)
    from barograph.api_key import login

    key = None
    if given.key_file == "-" or (given.key_file is None and not sys.stdin.isatty()):
        key = sys.stdin.readline().strip() or None
    elif given.key_file is not None:
        with open(given.key_file, encoding="utf-8") as file:
            key = file.read().strip()
    if not login(key=key, host=given.host, relogin=given.relogin):
        raise UsageError("there is no key; give one on standard input, with --key-file, or at a terminal")
    return 0


def _sweep(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("barograph sweep")
    parser.add_argument("--entity")
    parser.add_argument("--project")
    for state in _STATES:
        parser.add_argument(f"--{state}", action="store_true")
    parser.add_argument("what", help="a configuration's file; with --pause and so on, a sweep")
    given = parser.parse_args(arguments)
    from barograph import sweeps
    from barograph.config import read_yaml

    wanted = [state for name, state in _STATES.items() if getattr(given, name)]
    if len(wanted) > 1:
        raise UsageError("a sweep is paused, resumed, stopped or canceled, not several at once")
    if wanted:
        sweeps.set_state(given.what, wanted[0], given.entity, given.project)
        return 0
    print(sweeps.sweep(read_yaml(given.what), given.entity, given.project))
    return 0


def _agent(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("barograph agent")
    parser.add_argument("--entity")
    parser.add_argument("--project")
    parser.add_argument("--count", type=int)
    parser.add_argument("--forward-signals", action="store_true")
    parser.add_argument("sweep")
    given = parser.parse_args(arguments)
    from barograph.sweeps import agent

    agent(given.sweep, None, given.entity, given.project, given.count, given.forward_signals)
    return 0


def _artifact_put(given: argparse.Namespace) -> int:
    import os

    import barograph

    name = given.name or os.path.basename(os.path.abspath(given.path))
    project, _, name = name.rpartition("/")
    with barograph.init(project=project or None, job_type="upload") as run:
        artifact = barograph.Artifact(name, type=given.type)
        (artifact.add_dir if os.path.isdir(given.path) else artifact.add_file)(given.path)
        logged = run.log_artifact(artifact, aliases=given.alias or None).wait()
    print(logged.qualified_name)
    return 0


def _artifact_get(given: argparse.Namespace) -> int:
    import barograph

    print(barograph.Api().artifact(given.artifact).download(given.root))
    return 0


def _artifact_list(given: argparse.Namespace) -> int:
    import barograph

    api = barograph.Api()
    for kind in api.artifact_types(given.project):
        if given.type in (None, kind.name):
            for collection in kind.collections():
                print(f"{kind.name}\t{collection.name}")
    return 0


def _artifact(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("barograph artifact")
    actions = parser.add_subparsers(required=True)
    put = actions.add_parser("put", help="logs a file or folder")
    put.add_argument("--name", help="[PROJECT/]NAME")
    put.add_argument("--type", default="dataset")
    put.add_argument("--alias", action="append")
    put.add_argument("path")
    put.set_defaults(run=_artifact_put)
    get = actions.add_parser("get", help="downloads a version")
    get.add_argument("--root")
    get.add_argument("artifact", help="[[ENTITY/]PROJECT/]NAME:VERSION")
    get.set_defaults(run=_artifact_get)
    listing = actions.add_parser("ls", help="lists collections")
    listing.add_argument("--type")
    listing.add_argument("project", help="[ENTITY/]PROJECT")
    listing.set_defaults(run=_artifact_list)
    given = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = given.run
    return run(given)


def _exec(arguments: Sequence[str]) -> int:
    from barograph.compat import run_script

    if not arguments:
        raise UsageError("which script? barograph exec SCRIPT [ARGUMENT...]")
    run_script(list(arguments))
    return 0


def _export(arguments: Sequence[str]) -> int:
    from barograph.importers.commands import export

    return export(arguments)


def _import(arguments: Sequence[str]) -> int:
    from barograph.importers.commands import import_

    return import_(arguments)


_COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "agent": _agent,
    "artifact": _artifact,
    "exec": _exec,
    "export": _export,
    "import": _import,
    "login": _login,
    "sweep": _sweep,
}


def main(argv: Sequence[str] | None = None) -> Any:
    """Runs one command; answers its exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] not in _COMMANDS:
        print(f"barograph: a command is one of {', '.join(_COMMANDS)}", file=sys.stderr)
        return EXIT_USAGE
    try:
        return _COMMANDS[words[0]](words[1:])
    except UsageError as error:
        print(f"barograph: {error}", file=sys.stderr)
        return EXIT_USAGE
    except (Error, OSError, ValueError) as error:
        if words[0] == "exec":
            raise
        # Without the number that errors of the system begin with.
        text = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else error
        print(f"barograph: {text}", file=sys.stderr)
        return EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main())
