"""test_cli.py - the commands that the package does: login, sweep, agent, artifact, exec."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.python.support import read_run, rows_of


def barograph(scripts, user, *words: str, given: str = "", **env: str) -> subprocess.CompletedProcess:
    """The program of the tested build, with the tests' Python."""
    return subprocess.run(
        [user.server.binary, *words],
        cwd=scripts.folder,
        env={**scripts.env, "BAROGRAPH_PYTHON": sys.executable, **env},
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_login_keeps_a_key_that_the_server_knows(scripts, user):
    netrc = scripts.folder / ".netrc"
    netrc.write_text("machine elsewhere\n  login me\n  password other\n")
    refused = barograph(scripts, user, "login", given="x" * 40 + "\n", BAROGRAPH_API_KEY="")
    assert refused.returncode == 1 and "key" in refused.stderr
    short = barograph(scripts, user, "login", given="short\n", BAROGRAPH_API_KEY="")
    assert short.returncode == 2
    done = barograph(scripts, user, "login", given=user.key + "\n", BAROGRAPH_API_KEY="")
    assert done.returncode == 0, done.stderr
    assert user.key in netrc.read_text() and "password other" in netrc.read_text()
    assert netrc.stat().st_mode & 0o777 == 0o600
    scripts.run("import barograph; barograph.init(project='p', id='n').finish()", BAROGRAPH_API_KEY="")
    assert read_run(user, "p", "n")["state"] == "finished"


def test_a_sweep_is_made_run_and_stopped(scripts, user):
    (scripts.folder / "train.py").write_text(
        "import barograph\nwith barograph.init() as run:\n    run.log({'loss': run.config.x})\n    print('RUN', run.id)\n"
    )
    (scripts.folder / "sweep.yaml").write_text(
        "program: train.py\nmethod: grid\nproject: p\nparameters:\n  x:\n    values: [1, 2]\n"
    )
    made = barograph(scripts, user, "sweep", "sweep.yaml")
    assert made.returncode == 0, made.stderr
    sweep = made.stdout.strip()
    agent = barograph(scripts, user, "agent", "--count", "1", f"p/{sweep}", PATH=os.environ["PATH"])
    assert agent.returncode == 0, agent.stderr
    run = next(line.split()[1] for line in agent.stdout.splitlines() if line.startswith("RUN"))
    assert rows_of(read_run(user, "p", run))[0]["loss"] == 1
    stopped = barograph(scripts, user, "sweep", "--stop", f"p/{sweep}")
    assert stopped.returncode == 0, stopped.stderr
    assert barograph(scripts, user, "agent", f"p/{sweep}").stdout == ""


def test_artifacts_go_up_and_come_down(scripts, user):
    (scripts.folder / "data").mkdir()
    (scripts.folder / "data" / "a.txt").write_text("content")
    put = barograph(scripts, user, "artifact", "put", "--name", "p/set", "--alias", "first", "data")
    assert put.returncode == 0, put.stderr
    assert put.stdout.strip() == f"{user.name}/p/set:v0"
    assert "dataset\tset" in barograph(scripts, user, "artifact", "ls", "p").stdout
    got = barograph(scripts, user, "artifact", "get", "--root", "back", "p/set:first")
    assert got.returncode == 0 and (scripts.folder / "back" / "a.txt").read_text() == "content"
    missing = barograph(scripts, user, "artifact", "get", "p/none:v0")
    assert missing.returncode == 1 and missing.stderr.startswith("barograph: ")


def test_exec_gives_a_script_its_wandb(scripts, user):
    (scripts.folder / "train.py").write_text(
        "import sys, wandb\nwith wandb.init(project='p', id='x') as run:\n    run.log({'i': len(sys.argv)})\nsys.exit(3)\n"
    )
    done = barograph(scripts, user, "exec", "train.py", "a", "b")
    assert done.returncode == 3, done.stderr
    assert rows_of(read_run(user, "p", "x"))[0]["i"] == 3
